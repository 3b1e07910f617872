import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Many steps from one node, many at once and stopped")
struct FanoutFaultTests {
    @Test("forty at once, eight at a time: every branch is there and the store is whole")
    func forty() throws {
        let scratch = try prepared((1...40).map { "echo v\($0) > f; echo out\($0)" }.joined(separator: "\n"))
        let run = try fanout(scratch, "--json", "--jobs", "8")
        #expect(run.exitCode == 0, "\(run)")
        #expect(branches(run).count == 40)
        for number in 1...40 {
            let label = "ideas-0" + (number < 10 ? "0" : "") + String(number)
            #expect(try scratch.swarm("diff", "branch:\(label)").text.contains("+v\(number)\n"))
            #expect(try scratch.swarm("run", "logs", "--run-id", label).text == "out\(number)\n")
        }
        #expect(try scratch.swarm("fsck").exitCode == 0)
        #expect(try scratch.shell("ls .swarm/tmp; ls -d .swarm/runs/*/work 2>/dev/null || true").text == "")
    }

    @Test("two fan-outs of one file at the same time lose nothing")
    func twoAtOnce() throws {
        let scratch = try prepared((1...10).map { "echo v\($0) > f" }.joined(separator: "\n"))
        let file = scratch.folder + "/ideas.txt"
        let started = try (0..<2).map { _ in
            try scratch.start("run", "fanout", "--steps", file, "--json", "--jobs", "4")
        }
        let runs = try started.map { try $0.wait() }
        for run in runs {
            #expect(run.exitCode == 0, "\(run)")
            #expect(branches(run).count == 10)
        }
        let nodes = Set(runs.flatMap { branches($0).values.compactMap { $0["node_id"]?.text } })
        #expect(nodes.count == 20)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    @Test("Ctrl-C cancels all: no process, nothing in tmp, the work of each a node", arguments: [SIGINT, SIGTERM])
    func interrupt(signal: Int32) throws {
        let mark = longSleep()
        let scratch = try prepared("true\n" + String(repeating: "echo half > half; echo go; sleep \(mark)\n", count: 5))
        let started = try scratch.start(
            "run",
            "fanout",
            "--steps",
            scratch.folder + "/ideas.txt",
            "--json",
            "--jobs",
            "4"
        )
        try waitFor {
            try (2...5).allSatisfy { try scratch.swarm("run", "logs", "--run-id", "ideas-00\($0)").text == "go\n" }
        }
        started.signal(signal)
        let run = try started.wait()
        #expect(run.exitCode == 128 + signal, "\(run)")
        #expect(run.json["status"]?.text == "cancelled")
        let all = branches(run)
        #expect(all["ideas-001"]?["status"]?.text == "succeeded")
        for number in 2...5 {
            #expect(all["ideas-00\(number)"]?["status"]?.text == "cancelled", "\(run)")
            #expect(
                try scratch.swarm("run", "status", "--run-id", "ideas-00\(number)", "--json").json["status"]?.text
                    == "cancelled"
            )
            #expect(try scratch.swarm("diff", "run:ideas-00\(number)", "--name-status").text == "A\thalf\n")
        }
        #expect(all["ideas-006"]?["status"]?.text == "cancelled")
        #expect(all["ideas-006"]?["run_id"] == .null, "it was never started")
        #expect(try sleepers(mark) == "")
        #expect(try scratch.shell("ls .swarm/tmp; ls -d .swarm/runs/*/work 2>/dev/null || true").text == "")
    }

    @Test("run cancel stops one branch, and the others go on")
    func cancelOne() throws {
        let scratch = try prepared(
            "echo go; sleep 600\necho go; sleep 600\n"
        )
        let started = try scratch.start(
            "run",
            "fanout",
            "--steps",
            scratch.folder + "/ideas.txt",
            "--json",
            "--jobs",
            "2",
            "--timeout-secs",
            "600"
        )
        try waitFor {
            try (1...2).allSatisfy { try scratch.swarm("run", "logs", "--run-id", "ideas-00\($0)").text == "go\n" }
        }
        let cancel = try scratch.swarm("run", "cancel", "--run-id", "ideas-001")
        #expect(cancel.exitCode == 0, "\(cancel)")
        #expect(
            try scratch.swarm("run", "status", "--run-id", "ideas-001", "--json").json["status"]?.text == "cancelled"
        )
        #expect(try scratch.swarm("run", "status", "--run-id", "ideas-002", "--json").json["status"]?.text == "running")
        #expect(try scratch.swarm("run", "cancel", "--run-id", "ideas-002").exitCode == 0)
        let run = try started.wait()
        #expect(run.exitCode == 7, "\(run)")
        #expect(branches(run).values.allSatisfy { $0["status"]?.text == "cancelled" }, "\(run)")
        #expect(try scratch.shell("ls .swarm/runs/*/cancel 2>/dev/null || true").text == "")
    }

    @Test("kill -9 leaves what has finished whole and the rest interrupted, and nothing needs repair")
    func killed() throws {
        let mark = longSleep()
        let scratch = try prepared("")
        // What tells the second time from the first lies outside the sandbox.
        let flags = scratch.folder + "/flags"
        try Files.makeFolder(flags)
        let slow = "echo half > half; echo go; [ -e \(flags)/again ] || sleep \(mark)\n"
        try scratch.write(scratch.folder + "/ideas.txt", "true\necho done > d\n" + slow + slow + slow)
        let started = try scratch.start(
            "run",
            "fanout",
            "--steps",
            scratch.folder + "/ideas.txt",
            "--jobs",
            "3",
            "--allow-read",
            flags
        )
        try waitFor {
            try (3...5).allSatisfy { try scratch.swarm("run", "logs", "--run-id", "ideas-00\($0)").text == "go\n" }
        }
        started.signal(SIGKILL)
        #expect(try started.wait().exitCode == 137)
        let state = { (number: Int) in
            try scratch.swarm("run", "status", "--run-id", "ideas-00\(number)", "--json").json["status"]?.text
        }
        for number in 3...5 { try waitFor { try state(number) == "interrupted" } }
        #expect(try state(1) == "succeeded")
        #expect(try scratch.swarm("diff", "branch:ideas-002", "--name-status").text == "A\td\n")
        #expect(try scratch.swarm("run", "recover", "--run-id", "ideas-003").exitCode == 0)
        #expect(try scratch.swarm("diff", "run:ideas-003", "--name-status").text == "A\thalf\n")
        try scratch.write(flags + "/again", "")
        let again = try fanout(scratch, "--json", "--allow-read", flags)
        #expect(branches(again)["ideas.2-001"]?["status"]?.text == "succeeded", "\(again)")
        #expect(try scratch.swarm("fsck").exitCode == 0)
        #expect(try scratch.shell("ls .swarm/tmp").text == "")
        #expect(try sleepers(mark) == "")
    }

    @Test(
        "kill -9 at any moment: what has finished is whole, what has not is recovered or never began, no process is left"
    )
    func killedAnywhere() throws {
        let seed = UInt64(Clock.now())
        var chance = Chance(seed)
        let mark = longSleep()
        let lines = (1...12).map { $0 % 3 == 0 ? "echo half > half; sleep \(mark)" : "echo v\($0) > f" }
        let scratch = try prepared(lines.joined(separator: "\n"))
        // Not from the newest success: a step that writes what is there already changes nothing.
        let base = try #require(try scratch.swarm("show", "@", "--json").json["node"]?["node_id"]?.text)
        let steps = scratch.folder + "/ideas.txt"
        for round in 1...5 {
            let started = try scratch.start("run", "fanout", "--node", base, "--steps", steps, "--jobs", "4")
            usleep(UInt32(100_000 + chance.below(900_000)))
            started.signal(SIGKILL)
            #expect(try started.wait().exitCode == 137, "seed \(seed), round \(round)")
            let prefix = round == 1 ? "ideas" : "ideas.\(round)"
            for number in 1...12 {
                let label = "\(prefix)-0" + (number < 10 ? "0" : "") + String(number)
                let status = { try scratch.swarm("run", "status", "--run-id", label, "--json") }
                if try status().exitCode == 2 { continue }
                // The step's own end, and that its init takes everything along, may be a moment behind.
                try waitFor { try ["succeeded", "interrupted"].contains(status().json["status"]?.text) }
                if try status().json["status"]?.text == "succeeded" {
                    let change = try scratch.swarm("diff", "branch:\(label)")
                    #expect(change.text.contains("+v\(number)\n"), "seed \(seed), \(label): \(change)")
                } else {
                    let recovery = try scratch.swarm("run", "recover", "--run-id", label)
                    let didNotBegin = recovery.exitCode == 2 && recovery.messages.contains("before its step began")
                    #expect(recovery.exitCode == 0 || didNotBegin, "seed \(seed), \(label): \(recovery)")
                }
            }
        }
        #expect(try sleepers(mark) == "")
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }
}
