import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Synchronization
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Push and pull that are broken off or badly served")
struct RemoteFaultTests {
    private func fill(_ scratch: Scratch, seed: UInt64) throws {
        var chance = Chance(seed)
        for number in 0..<12 {
            let bytes = (0..<(96 << 10)).flatMap { _ in withUnsafeBytes(of: chance.next()) { Array($0) } }
            try scratch.write("data/f\(number)", bytes)
        }
    }

    @Test("what a remote has lost a push does not send again, and --repair does", arguments: ["packs", "nodes", "cut"])
    func repaired(loss: String) throws {
        let machines = try TwoMachines()
        try fill(machines.first, seed: 3)
        try machines.first.swarm("run", "launch", "--run-id", "one", "--", "true")
        try machines.first.swarm("run", "resume", "--run-id", "two", "--", "sh", "-c", "echo two > two")
        #expect(try machines.push(machines.first).exitCode == 0)
        let lose = [
            "packs": "rm ../remote/packs/*", "nodes": "rm ../remote/nodes/*",
            "cut": "for pack in ../remote/packs/*; do chmod u+w $pack; truncate -s -1000 $pack; done",
        ]
        try machines.first.shell(lose[loss] ?? "")
        #expect(try machines.push(machines.first).exitCode == 0)
        let lost = try machines.pull(machines.second)
        #expect(lost.exitCode != 0, "\(lost)")
        let repair = try machines.push(machines.first, "--repair", "--json").json
        #expect(repair["new_nodes"]?.integer == (loss == "nodes" ? 4 : 0), "\(repair)")
        #expect((repair["new_chunks"]?.integer ?? 0 > 0) == (loss != "nodes"), "\(repair)")
        #expect(try machines.push(machines.first, "--repair").messages.hasPrefix("sent 0 nodes, 0 chunks, 0 B;"))
        let pull = try machines.pull(machines.second)
        #expect(pull.exitCode == 0, "\(pull)")
        #expect(try machines.second.swarm("checkout", "branch:main", machines.second.folder + "/out").exitCode == 0)
        #expect(try machines.second.read(machines.second.folder + "/out/two") == "two\n")
        #expect(try machines.second.swarm("fsck").exitCode == 0)
    }

    @Test(
        "kill -9 at any moment of a push and of a pull: the same command makes everything whole, and leaves nothing behind"
    )
    func killed() throws {
        let machines = try TwoMachines()
        let seed = UInt64(Clock.now())
        var chance = Chance(seed)
        for round in 0..<6 {
            try fill(machines.first, seed: UInt64(round))
            let run = try machines.first.swarm("run", "launch", "--run-id", "r\(round)", "--node", "root", "--", "true")
            #expect(run.exitCode == 0, "\(run)")
            try machines.first.swarm("run", "fork", "--node", "run:r\(round)", "--label", "b\(round)")
            for _ in 0..<3 {
                let push = try machines.first.start("push", "branch:b\(round)", "--remote", machines.remote)
                usleep(UInt32(chance.below(150_000)))
                push.signal(SIGKILL)
                _ = try push.wait()
            }
            let push = try machines.push(machines.first, "branch:b\(round)")
            #expect(push.exitCode == 0, "seed \(seed), round \(round): \(push)")
            for _ in 0..<3 {
                let pull = try machines.second.start("pull", "--remote", machines.remote)
                usleep(UInt32(chance.below(150_000)))
                pull.signal(SIGKILL)
                _ = try pull.wait()
            }
            let pull = try machines.pull(machines.second)
            #expect(pull.exitCode == 0, "seed \(seed), round \(round): \(pull)")
            let there = try machines.second.swarm("show", "branch:b\(round)", "--json").json["node"]?["node_id"]?.text
            #expect(there != nil, "seed \(seed), round \(round)")
            #expect(
                there == (try machines.first.swarm("show", "branch:b\(round)", "--json").json["node"]?["node_id"]?.text)
            )
        }
        #expect(try machines.first.shell("ls ../remote/tmp | wc -l; ls .swarm/tmp | wc -l").text == "0\n0\n")
        #expect(try machines.second.shell("ls .swarm/tmp | wc -l").text == "0\n")
        for scratch in [machines.first, machines.second] {
            let check = try scratch.swarm("fsck")
            #expect(check.exitCode == 0, "seed \(seed): \(check)")
        }
    }

    @Test("eight pushers at once from two stores lose nothing, and whoever is late is told")
    func concurrent() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "0\n")
        try machines.first.swarm("run", "launch", "--run-id", "base", "--", "true")
        try machines.push(machines.first)
        try machines.pull(machines.second)
        for (scratch, name) in [(machines.first, "one"), (machines.second, "two")] {
            try scratch.swarm("run", "resume", "--run-id", name, "--", "sh", "-c", "echo \(name) > f")
            for label in ["a", "b", "c"] {
                try scratch.swarm("run", "fork", "--node", "run:\(name)", "--label", "\(name)-\(label)")
            }
        }
        let programs = try (0..<8).map { number in
            try [machines.first, machines.second][number % 2].start("push", "--json", "--remote", machines.remote)
        }
        let runs = try programs.map { try $0.wait() }
        // One store's main is there; the other's pushers were told, and all their other branches went.
        let codes = Set(runs.enumerated().map { "\($0.offset % 2):\($0.element.exitCode)" })
        #expect(codes == ["0:0", "1:2"] || codes == ["0:2", "1:0"], "\(runs)")
        #expect(try machines.first.shell("ls ../remote/refs | wc -l; ls ../remote/tmp | wc -l").text == "7\n0\n")
        let third = try Scratch()
        try third.swarm("init", "--import-key", "-", input: try machines.first.swarm("key", "export").text)
        #expect(try machines.pull(third).exitCode == 0)
        for name in ["one", "two"] {
            #expect(try third.swarm("diff", "run:\(name)").text.contains("+\(name)\n"))
        }
        #expect(try third.swarm("fsck").exitCode == 0)
    }

    private func environment(_ server: SmallServer) -> [String: String] {
        [
            "AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "a-very-secret-key", "AWS_ENDPOINT_URL": server.url,
            "SWARM_REMOTE_URL": "s3://bucket/project",
        ]
    }

    @Test("a bucket that is busy, resets and cuts its answers gets everything all the same, and gives it back")
    func badBucket() throws {
        let bucket = BucketDouble("bucket") { request, number in
            switch number % 7 {
            case 1: BucketDouble.error(503, "SlowDown", [("Retry-After", "0")])
            case 3: .reset
            // The head of an answer to HEAD is all there is of it: cut, it would be a lie.
            case 5 where request.method != "HEAD": .cut(status: 200, promised: 5000, body: [1, 2, 3])
            default: nil
            }
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let machines = try TwoMachines()
        try fill(machines.first, seed: 1)
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        let push = try machines.first.swarm("push", "--json", environment: environment(server))
        #expect(push.exitCode == 0, "\(push)")
        let pull = try machines.second.swarm("pull", "--json", environment: environment(server))
        #expect(pull.exitCode == 0, "\(pull)")
        #expect(try machines.second.swarm("verify", "chain", "branch:main").exitCode == 0)
        #expect(try machines.second.swarm("fsck").exitCode == 0)
        #expect(try machines.second.shell("ls .swarm/tmp | wc -l").text == "0\n")
    }

    @Test("a bucket that gives other bytes than it was given is exit 3", arguments: ["packs", "nodes"])
    func lyingBucket(shelf: String) throws {
        let bucket = BucketDouble("bucket")
        let server = try bucket.serve()
        defer { server.stop() }
        let machines = try TwoMachines()
        try fill(machines.first, seed: 2)
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        #expect(try machines.first.swarm("push", environment: environment(server)).exitCode == 0)
        bucket.change("project/\(shelf)/") { bytes in
            // Of a node its certificate, which not every one has.
            let word = Array("request_hash".utf8)
            let place = shelf == "packs" ? bytes.count / 3 : bytes.firstRange(of: word)?.lowerBound
            var bytes = bytes
            if let place { bytes[place] ^= 4 }
            return bytes
        }
        let pull = try machines.second.swarm("pull", "--json", environment: environment(server))
        #expect(pull.exitCode == 3 && pull.errorCode == "REMOTE_UNTRUSTED", "\(pull)")
        #expect(try machines.second.swarm("show", "branch:main").exitCode == 2)
        #expect(try machines.second.swarm("fsck").exitCode == 0)
    }

    @Test("without credentials, or with wrong ones, the error says so and shows none")
    func credentials() throws {
        let bucket = BucketDouble("bucket") { _, _ in BucketDouble.error(403, "SignatureDoesNotMatch") }
        let server = try bucket.serve()
        defer { server.stop() }
        let machines = try TwoMachines()
        try machines.first.write("f", "x")
        try machines.first.swarm("run", "launch", "--", "true")
        let none = try machines.first.swarm("push", "--remote", "s3://bucket/p")
        #expect(none.exitCode == 2 && none.errorCode == "REMOTE_CREDENTIALS_MISSING", "\(none)")
        let wrong = try machines.first.swarm("push", "-vv", environment: environment(server))
        #expect(wrong.exitCode == 4 && wrong.errorCode == "REMOTE_DENIED", "\(wrong)")
        #expect(!"\(wrong)".contains("a-very-secret-key"))
    }

    @Test("the real server keeps a push and gives it to a second machine", .enabled(if: ObjectServer.isThere))
    func realServer() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let machines = try TwoMachines()
        try fill(machines.first, seed: 4)
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        let environment = [
            "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_ENDPOINT_URL": server.url,
            "SWARM_REMOTE_URL": "s3://bucket/project",
        ]
        let push = try machines.first.swarm("push", "--json", environment: environment)
        #expect(push.exitCode == 0, "\(push)")
        let pull = try machines.second.swarm("pull", "--json", environment: environment)
        #expect(pull.exitCode == 0, "\(pull)")
        let resume = try machines.second.swarm("run", "resume", "--", "sh", "-c", "ls data | wc -l")
        #expect(resume.exitCode == 0 && resume.text == "12\n", "\(resume)")
        #expect(try machines.second.swarm("push", environment: environment).exitCode == 0)
        #expect(try machines.first.swarm("pull", environment: environment).exitCode == 0)
        #expect(try machines.first.swarm("fsck").exitCode == 0)
    }
}
