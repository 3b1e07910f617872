import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Synchronization
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// On or off, for a server that changes its manners.
private final class Switch: Sendable {
    private let state = Mutex(false)

    var isOn: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

@Suite("Push and pull over S3 that are killed, raced and kept waiting")
struct BucketFaultTests {
    private func environment(_ url: String) -> [String: String] {
        [
            "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_ENDPOINT_URL": url,
            "SWARM_REMOTE_URL": "s3://bucket/project",
        ]
    }

    private func kill(_ program: StartedProgram, after microseconds: Int) throws {
        usleep(UInt32(microseconds))
        program.signal(SIGKILL)
        _ = try program.wait()
    }

    private func node(_ scratch: Scratch, _ reference: String) throws -> String? {
        try scratch.swarm("show", reference, "--json").json["node"]?["node_id"]?.text
    }

    @Test(
        "kill -9 at any moment of a push and of a pull: the same command makes everything whole",
        .enabled(if: ObjectServer.isThere)
    )
    func killed() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let environment = environment(server.url)
        let machines = try TwoMachines()
        let seed = UInt64(Clock.now())
        var chance = Chance(seed)
        for round in 0..<3 {
            // Enough for an upload in parts, and for some small files.
            try machines.first.shell(
                "head -c 24M /dev/urandom > big; for n in 1 2 3 4; do head -c 40k /dev/urandom > small$n; done"
            )
            let run = try machines.first.swarm("run", "launch", "--run-id", "r\(round)", "--node", "root", "--", "true")
            #expect(run.exitCode == 0, "\(run)")
            try machines.first.swarm("run", "fork", "--node", "run:r\(round)", "--label", "b\(round)")
            for _ in 0..<3 {
                try kill(
                    machines.first.start("push", "branch:b\(round)", environment: environment),
                    after: chance.below(400_000)
                )
            }
            let push = try machines.first.swarm("push", "branch:b\(round)", environment: environment)
            #expect(push.exitCode == 0, "seed \(seed), round \(round): \(push)")
            for _ in 0..<3 {
                try kill(machines.second.start("pull", environment: environment), after: chance.below(300_000))
            }
            let pull = try machines.second.swarm("pull", environment: environment)
            #expect(pull.exitCode == 0, "seed \(seed), round \(round): \(pull)")
            let (here, there) = try (
                node(machines.first, "branch:b\(round)"), node(machines.second, "branch:b\(round)")
            )
            #expect(here != nil && there == here, "seed \(seed), round \(round)")
        }
        for scratch in [machines.first, machines.second] {
            let check = try scratch.swarm("fsck")
            #expect(check.exitCode == 0, "seed \(seed): \(check)")
            #expect(try scratch.shell("ls .swarm/tmp | wc -l").text == "0\n")
        }
    }

    @Test("two pushers at once lose nothing, and whoever is late is told", .enabled(if: ObjectServer.isThere))
    func concurrent() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let environment = environment(server.url)
        let machines = try TwoMachines()
        try machines.first.write("f", "0\n")
        try machines.first.swarm("run", "launch", "--run-id", "base", "--", "true")
        #expect(try machines.first.swarm("push", environment: environment).exitCode == 0)
        #expect(try machines.second.swarm("pull", environment: environment).exitCode == 0)
        for (scratch, name) in [(machines.first, "one"), (machines.second, "two")] {
            try scratch.swarm("run", "resume", "--run-id", name, "--", "sh", "-c", "echo \(name) > f")
            try scratch.swarm("run", "fork", "--node", "run:\(name)", "--label", name)
        }
        let programs = try (0..<4).map { number in
            try [machines.first, machines.second][number % 2].start("push", environment: environment)
        }
        let codes = try programs.map { try $0.wait().exitCode }
        #expect(codes == [0, 2, 0, 2] || codes == [2, 0, 2, 0], "\(codes)")
        let third = try Scratch()
        try third.swarm("init", "--import-key", "-", input: try machines.first.swarm("key", "export").text)
        #expect(try third.swarm("pull", environment: environment).exitCode == 0)
        for name in ["one", "two"] {
            #expect(try third.swarm("diff", "run:\(name)").text.contains("+\(name)\n"))
        }
        #expect(try third.swarm("fsck").exitCode == 0)
    }

    @Test(
        "a bucket that falls silent is given up within the time set, and the same command goes on",
        arguments: [SmallServer.Answer.silence, .stall(status: 200, promised: 5000, body: [1])]
    )
    func silent(fault: SmallServer.Answer) throws {
        let isSilent = Switch()
        let bucket = BucketDouble("bucket") { request, _ in
            isSilent.isOn && request.path.contains("/packs/") && request.method != "HEAD" ? fault : nil
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let environment = environment(server.url)
        let impatient = environment.merging(["SWARM_REMOTE_TIMEOUT_SECS": "1"]) { $1 }
        let machines = try TwoMachines()
        try machines.first.write("f", "text\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        isSilent.isOn = true
        let stalled = try machines.first.swarm("push", "--json", environment: impatient)
        #expect(stalled.exitCode == 4 && stalled.errorCode == "REMOTE_UNREACHABLE", "\(stalled)")
        isSilent.isOn = false
        #expect(try machines.first.swarm("push", environment: environment).exitCode == 0)
        isSilent.isOn = true
        let waiting = try machines.second.swarm("pull", "--json", environment: impatient)
        #expect(waiting.exitCode == 4 && waiting.errorCode == "REMOTE_UNREACHABLE", "\(waiting)")
        #expect(try machines.second.swarm("fsck").exitCode == 0)
        isSilent.isOn = false
        #expect(try machines.second.swarm("pull", environment: environment).exitCode == 0)
        let (here, there) = try (node(machines.first, "branch:main"), node(machines.second, "branch:main"))
        #expect(here != nil && there == here)
    }

    @Test(
        "a service whose list goes in a circle, or that names a pack which none is, is exit 3",
        arguments: ["refs/main.json", "packs/\(String(repeating: "a", count: 64)).pack"]
    )
    func lyingLists(key: String) throws {
        let size = key.hasPrefix("packs") ? "18446744073709551615" : "90"
        let shelf = String(key.prefix { $0 != "/" })
        let lies = Switch()
        let bucket = BucketDouble("bucket") { request, _ in
            guard lies.isOn, request.path == "/bucket", request.query["prefix"] == "project/\(shelf)/" else {
                return nil
            }
            let item = "<Contents><Key>project/\(key)</Key><Size>\(size)</Size></Contents>"
            return .reply(status: 200, body: Array("<ListBucketResult>\(item)</ListBucketResult>".utf8))
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let machines = try TwoMachines()
        try machines.first.write("f", "text\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        #expect(try machines.first.swarm("push", environment: environment(server.url)).exitCode == 0)
        lies.isOn = true
        let pull = try machines.second.swarm("pull", "--json", environment: environment(server.url))
        #expect(pull.exitCode == 3 && pull.errorCode == "REMOTE_UNTRUSTED", "\(pull)")
        #expect(try machines.second.swarm("show", "branch:main").exitCode == 2)
    }

    @Test("a node of which the service kept the beginning of a cut write is sent again")
    func cutNode() throws {
        let bucket = BucketDouble("bucket")
        let server = try bucket.serve()
        defer { server.stop() }
        let environment = environment(server.url)
        let machines = try TwoMachines()
        try machines.first.write("f", "text\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        #expect(try machines.first.swarm("push", environment: environment).exitCode == 0)
        bucket.change("project/nodes/") { Array($0.dropLast(700)) }
        try machines.first.swarm("run", "fork", "--node", "run:r1", "--label", "b")
        let push = try machines.first.swarm("push", "branch:b", environment: environment)
        #expect(push.exitCode == 0, "\(push)")
        let pull = try machines.second.swarm("pull", environment: environment)
        #expect(pull.exitCode == 0, "\(pull)")
        let (here, there) = try (node(machines.first, "branch:b"), node(machines.second, "branch:b"))
        #expect(here != nil && there == here)
    }

    @Test("a branch that the service never lets anybody move is exit 4, and not tried for ever")
    func stuckBranch() throws {
        let bucket = BucketDouble("bucket") { request, _ in
            request.method == "PUT" && request.path.contains("/refs/") ? BucketDouble.error(409, "Conflict") : nil
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let machines = try TwoMachines()
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        let push = try machines.first.swarm("push", "--json", environment: environment(server.url))
        #expect(push.exitCode == 4 && push.errorCode == "REMOTE_FAILED", "\(push)")
        #expect(bucket.requests.count { $0.hasPrefix("PUT") && $0.contains("/refs/") } == 20)
    }

    @Test("credentials, region and service come from the files of a profile, and a bucket that is not there is named")
    func profile() throws {
        let seen = Mutex<Set<String>>([])
        let bucket = BucketDouble("bucket") { request, _ in
            seen.withLock { _ = $0.insert(String((request.fields["authorization"] ?? "").prefix { $0 != "," })) }
            return nil
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.write("f", "x")
        try scratch.swarm("run", "launch", "--", "true")
        try scratch.write(
            scratch.home + "/.aws/credentials",
            "[default]\naws_access_key_id = OTHER\naws_secret_access_key = x\n"
                + "[work]\naws_access_key_id = AKWORK\naws_secret_access_key = secret-of-work\n"
        )
        try scratch.write(
            scratch.home + "/.aws/config",
            "[profile work]\nregion = eu-test-1\nendpoint_url = \(server.url)\n"
        )
        let push = try scratch.swarm("push", "--remote", "s3://bucket/p", environment: ["AWS_PROFILE": "work"])
        #expect(push.exitCode == 0, "\(push)")
        let credentials = seen.withLock { $0 }
        #expect(!credentials.isEmpty)
        for one in credentials {
            #expect(one.hasPrefix("AWS4-HMAC-SHA256 Credential=AKWORK/") && one.contains("/eu-test-1/s3/"), "\(one)")
        }
        let wrong = try scratch.swarm("push", "--remote", "s3://another/p", environment: ["AWS_PROFILE": "work"])
        #expect(wrong.exitCode == 4 && wrong.errorCode == "REMOTE_MISSING", "\(wrong)")
        let nobody = try scratch.swarm("push", "--remote", "s3://bucket/p", environment: ["AWS_PROFILE": "nobody"])
        #expect(nobody.exitCode == 2 && nobody.errorCode == "REMOTE_CREDENTIALS_MISSING", "\(nobody)")
    }
}
