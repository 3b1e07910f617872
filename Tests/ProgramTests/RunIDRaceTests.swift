import Glibc
import SwarmPlatform
import SwarmTestSupport
import Synchronization
import TestTools
import Testing

/// Holds whoever comes to it until it is opened.
private final class Gate: Sendable {
    private let state = Mutex((held: 0, isOpen: false))

    var held: Int { state.withLock { $0.held } }

    func pass() {
        state.withLock { $0.held += 1 }
        while state.withLock({ !$0.isOpen }) { usleep(5000) }
    }

    func open() { state.withLock { $0.isOpen = true } }
}

@Suite("A run id that two want")
struct RunIDRaceTests {
    @Test("no run begins under the id of a node that a pull is taking in", arguments: [false, true])
    func pull(isKilled: Bool) throws {
        let machines = try TwoMachines()
        let lock = machines.second.store + "/runs/same/lock"
        let gate = Gate()
        let bucket = BucketDouble("bucket") { request, _ in
            // The node is past every look at its id, and its content is on the way.
            if request.method == "GET", request.path.contains("/packs/"), Files.kind(lock) != nil { gate.pass() }
            return nil
        }
        let server = try bucket.serve()
        defer {
            gate.open()
            server.stop()
        }
        let environment = [
            "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_ENDPOINT_URL": server.url,
            "SWARM_REMOTE_URL": "s3://bucket/project", "SWARM_REMOTE_TIMEOUT_SECS": "600",
        ]
        let step = "head -c 1000000 /dev/urandom > f"
        try machines.first.swarm("run", "launch", "--run-id", "same", "--", "sh", "-c", step)
        try #require(try machines.first.swarm("push", environment: environment).exitCode == 0)
        try machines.second.write("own", "own\n")
        let program = try machines.second.start("pull", environment: environment)
        try waitFor { gate.held > 0 }
        let launch = try machines.second.swarm("run", "launch", "--run-id", "same", "--json", "--", "true")
        #expect(launch.errorCode == "RUN_ID_RUNNING", "\(launch)")
        if isKilled { program.signal(SIGKILL) }
        gate.open()
        let pull = try program.wait()
        let again = try machines.second.swarm("run", "launch", "--run-id", "same", "--", "true")
        if isKilled {
            #expect(again.exitCode == 0, "\(again)")
            let late = try machines.second.swarm("pull", "--json", environment: environment)
            #expect(late.text.contains("\"same\""), "\(late)")
        } else {
            #expect(pull.exitCode == 0, "\(pull)")
            #expect(again.exitCode == 2, "\(again)")
            #expect(!machines.second.has(".swarm/runs/same/lock"))
        }
        #expect(try machines.second.swarm("verify", "chain", "run:same").exitCode == 0)
        let check = try machines.second.swarm("fsck")
        #expect(check.exitCode == 0, "\(check)")
    }
}
