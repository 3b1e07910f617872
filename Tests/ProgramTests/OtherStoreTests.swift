import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("A step sees no store, whatever is opened for it")
struct OtherStoreTests {
    /// A project, and beside it in HOME another one with a store and a program.
    private func prepared() throws -> (scratch: Scratch, other: String) {
        let scratch = try Scratch()
        let other = scratch.home + "/src/other"
        try scratch.write(other + "/notes", "notes\n")
        try scratch.write(
            other + "/bin/tool",
            "#!/bin/sh\ncat \(other)/.swarm/keys/root.json && echo LEAK\ncat \(other)/notes\ntrue\n"
        )
        try scratch.shell("chmod +x \(other)/bin/tool")
        #expect(try scratch.swarm(["init"], in: other).exitCode == 0)
        #expect(try scratch.swarm("init").exitCode == 0)
        return (scratch, other)
    }

    @Test("a program that lies in another project opens its folder, and not the project")
    func program() throws {
        let (scratch, other) = try prepared()
        let run = try scratch.swarm("run", "launch", "--", other + "/bin/tool")
        #expect(run.exitCode == 0, "\(run)")
        #expect(!run.text.contains("LEAK") && !run.text.contains("notes"), "\(run)")
    }

    @Test(
        "an opened path shows the files beside a store and not the store",
        arguments: ["src/other", "src", "link", "."],
        ["--allow-read", "--allow-write"]
    )
    func opened(path: String, flag: String) throws {
        let (scratch, other) = try prepared()
        try scratch.shell("ln -s \(scratch.home)/src \(scratch.home)/link")
        let place = path == "link" ? scratch.home + "/link/other" : other
        // The home itself is the run's own.
        let expected = path == "." ? "" : "notes\n"
        let run = try scratch.swarm(
            "run",
            "launch",
            flag,
            scratch.home + "/" + path,
            "--",
            "sh",
            "-c",
            "cat \(place)/notes; head -c 60 \(place)/.swarm/keys/root.json && echo LEAK; ls \(place)/.swarm; true"
        )
        #expect(run.exitCode == 0 && run.text.hasPrefix(expected), "\(run)")
        #expect(!run.text.contains("LEAK") && !run.text.contains("nodes"), "\(run)")
    }

    @Test("a store of another name is masked, and a path in a store cannot be opened: exit 2, and nothing is imported")
    func names() throws {
        let (scratch, other) = try prepared()
        let plain = scratch.home + "/src/plain"
        #expect(try scratch.swarm("init", "--store", plain).exitCode == 0)
        let run = try scratch.swarm(
            "run",
            "launch",
            "--allow-read",
            scratch.home + "/src",
            "--",
            "sh",
            "-c",
            "ls -A \(plain); cat \(other)/notes"
        )
        #expect(run.text == "notes\n", "\(run)")
        for path in [other + "/.swarm", other + "/.swarm/keys", plain + "/nodes", scratch.store + "/keys"] {
            try scratch.shell("ln -sfn \(path) \(scratch.folder)/way")
            for name in [path, scratch.folder + "/way"] where name != scratch.store + "/keys" {
                let refused = try scratch.swarm("run", "launch", "--allow-read", name, "--json", "--", "true")
                #expect(refused.exitCode == 2 && refused.errorCode == "PATH_INVALID", "\(refused)")
            }
        }
    }

    @Test("of a tree with too many folders the run says that it was not looked through")
    func large() throws {
        let (scratch, _) = try prepared()
        let tree = scratch.home + "/tree"
        try scratch.shell("mkdir -p \(tree)/a && cd \(tree)/a && seq 1 20100 | xargs mkdir")
        let run = try scratch.swarm("run", "launch", "--allow-read", tree, "--", "true")
        #expect(run.exitCode == 0 && run.messages.contains("too many folders"), "\(run)")
    }
}
