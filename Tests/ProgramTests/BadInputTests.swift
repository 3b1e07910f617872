import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Bad input is refused and nothing is written")
struct BadInputTests {
    @Test("a chunk that nobody vouches for does not come in with a bundle")
    func strangeChunk() throws {
        let scratch = try Scratch()
        try scratch.write("f", "one")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "true")
        #expect(try scratch.swarm("bundle", "export", "run:a", "../a.tar").exitCode == 0)
        let other = scratch.folder + "/other"
        try scratch.shell("mkdir ../other && '\(ProgramRun.swarm)' key export --out ../key")
        #expect(try scratch.swarm(["init", "--import-key", "../key"], in: other).exitCode == 0)
        // Under a name that another bundle might have told.
        try scratch.shell(
            """
            mkdir ../t && cd ../t && tar xf ../a.tar && head -c 40 /dev/zero > chunks/$(printf '7%.0s' {1..64}) &&
            tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=644 --mtime=@0 -cf ../b.tar \
                $(find . -type f | cut -c3- | LC_ALL=C sort)
            """
        )
        let chunks = "cd ../other && sqlite3 .swarm/index.db 'select count(*) from chunks'"
        let before = try scratch.shell(chunks).text
        let run = try scratch.swarm(["bundle", "import", "../b.tar", "--json"], in: other)
        #expect(run.exitCode == 3, "\(run)")
        #expect(run.errorCode == "BUNDLE_UNTRUSTED", "\(run)")
        #expect(try scratch.shell(chunks).text == before && before != "")
        #expect(try scratch.swarm(["bundle", "import", "../a.tar"], in: other).exitCode == 0)
    }

    @Test("a folder that may no longer be entered is left out with a warning, whatever an earlier import remembers")
    func closedFolder() throws {
        let scratch = try Scratch()
        try scratch.write("sub/f", "x")
        let person = getuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : ""
        // The folder of the built program may be closed to an ordinary account.
        try scratch.shell("cp '\(ProgramRun.swarm)' ../swarm")
        try scratch.shell("chmod 755 .. && chmod -R a+rwX . ../home && chmod 755 \"$HOME\"; chmod 777 . ../home")
        let swarm = "HOME=\(scratch.home) \(person) ../swarm"
        #expect(try scratch.shell("\(swarm) init && \(swarm) run launch --sandbox none -- true").exitCode == 0)
        try scratch.shell("chmod 644 sub")
        for _ in 0..<2 {
            let run = try scratch.shell("\(swarm) run launch --sandbox none -- true")
            #expect(run.exitCode == 0 && run.messages.contains("sub"), "\(run)")
        }
        try scratch.shell("chmod 755 sub")
    }

    @Test(
        "a run id that is no plain name is exit 2",
        arguments: [
            "../../x", "/etc/passwd", "", String(repeating: "a", count: 300), ".hidden", "-x", "a b", "fork.x",
            "import.x", "init", "é",
        ]
    )
    func runIDs(id: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let before = try scratch.shell("find .swarm | sort").text
        let run = try scratch.swarm("run", "launch", "--run-id=\(id)", "--json", "--", "true")
        #expect(run.exitCode == 2, "\(run)")
        #expect(try scratch.shell("find .swarm | sort").text == before)
    }

    @Test("an existing run id is exit 2 with its status, and its run stays")
    func existing() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "one", "--", "sh", "-c", "echo 1 > f")
        let run = try scratch.swarm("run", "launch", "--run-id", "one", "--json", "--", "sh", "-c", "echo 2 > f")
        #expect(run.exitCode == 2)
        #expect(run.errorCode == "RUN_ID_TAKEN")
        #expect(run.json["error"]?["message"]?.text?.contains("succeeded") == true)
        #expect(try scratch.swarm("verify", "chain", "run:one").exitCode == 0)
    }

    @Test(
        "an unknown node is exit 2 with candidates",
        arguments: [
            ("nothing", "run:here"), ("run:nothing", "run:here"), ("run:her", "run:here"), ("run:", "run:here"),
            ("branch:nothing", "branch:main"), ("branch:", "branch:main"), ("node-fffffffff", "run:here"),
            ("abc", "run:here"), ("@~99", "@~2"), ("@~x", "run:here"), ("~", "run:here"), ("", "run:here"),
            ("root~1", "root~0"),
        ]
    )
    func unknownNodes(reference: String, candidate: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "here", "--", "true")
        let run = try scratch.swarm("show", reference, "--json")
        #expect(run.exitCode == 2, "\(run)")
        #expect(run.errorCode == "NODE_UNKNOWN")
        #expect(run.json["error"]?["message"]?.text?.contains(candidate) == true, "\(run)")
    }

    @Test("an ambiguous prefix lists its candidates")
    func ambiguous() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "true")
        // Of seventeen nodes two share a first digit.
        for number in 0..<14 { try scratch.swarm("run", "fork", "--node", "run:r", "--label", "b\(number)") }
        let ids = try scratch.shell("ls .swarm/nodes").text.split(separator: "\n").map(String.init)
        #expect(ids.count == 17)
        let groups = Dictionary(grouping: ids) { String($0.prefix(6)) }
        let shared = try #require(groups.first { $0.value.count > 1 })
        let run = try scratch.swarm("show", shared.key, "--json")
        #expect(run.exitCode == 2)
        #expect(run.errorCode == "NODE_AMBIGUOUS")
        for id in shared.value { #expect(run.json["error"]?["message"]?.text?.contains(id) == true, "\(run)") }
        for text in [ids[0], String(ids[0].prefix(20)), String(ids[0].dropFirst(5).prefix(12))] {
            #expect(try scratch.swarm("show", text, "--json").json["node"]?["node_id"]?.text == ids[0])
        }
    }

    @Test(
        "a damaged or missing file is named, with the right exit code, and the rest stays usable",
        arguments: [
            (
                "index truncated",
                "for f in .swarm/index.db; do head -c 100 $f > x && cat x > $f; rm -f .swarm/index.db-*; done", 1
            ),
            ("index overwritten", "head -c 20000 /dev/urandom > .swarm/index.db; rm -f .swarm/index.db-*", 1),
            ("key missing", "rm .swarm/keys/root.json", 1),
            ("key malformed", "echo '{' > .swarm/keys/root.json", 2),
            ("config malformed", "echo '{' > .swarm/config.json", 2),
        ]
    )
    func damage(name: String, command: String, code: Int32) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "true")
        try scratch.shell(command)
        let run = try scratch.swarm("run", "resume", "--json", "--", "true")
        #expect(run.exitCode == code, "\(name): \(run)")
        #expect(run.json["error"]?["message"]?.text?.contains(".swarm") == true, "\(run)")
    }

    @Test("a missing index is rebuilt at its next use, branches and all")
    func missingIndex() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "sh", "-c", "echo 1 > f")
        try scratch.swarm("run", "fork", "--label", "b")
        try scratch.swarm("run", "resume", "--node", "branch:b", "--run-id", "s", "--", "sh", "-c", "echo 2 > f")
        let before = try scratch.swarm("graph", "--format", "json").json
        try scratch.shell("rm -f .swarm/index.db*")
        #expect(try scratch.swarm("graph", "--format", "json").json == before)
        #expect(try scratch.swarm("run", "resume", "--node", "branch:b", "--", "true").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    @Test(
        "a damaged, cut or missing pack, manifest, node or root is exit 5 for a run, 3 for fsck, and other nodes still work",
        arguments: [
            ("pack", "printf XYZW | dd of=$f bs=1 seek=5000 conv=notrunc 2>/dev/null"), ("pack", "truncate -s 4000 $f"),
            ("pack", "rm $f"), ("manifest.json", "echo '{' > $f"), ("manifest.json", "rm $f"),
            ("manifest.json", "sed -i 's/\"key_id\":\"key-[0-9a-f]*/\"key_id\":\"key-0123456789abcdef/' $f"),
            ("node.json", "truncate -s 20 $f"), ("node.json", "rm $f"),
            ("node.json", "sed -i 's/\"tags\":\\[/\"tags\":[\"x\"/' $f"),
            ("root.enc", "printf XYZW | dd of=$f bs=1 seek=40 conv=notrunc 2>/dev/null"),
            ("root.enc", "rm $f"),
        ]
    )
    func damagedContent(file: String, command: String) throws {
        let scratch = try Scratch()
        try scratch.write("keep", "kept\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "good", "--", "true")
        let search = "find .swarm/packs .swarm/nodes -name '*\(file)'"
        let known = try scratch.shell(search).text.split(separator: "\n").map(String.init)
        try scratch.swarm("run", "resume", "--run-id", "bad", "--", "sh", "-c", "head -c 100000 /dev/urandom > big")
        let all = try scratch.shell(search).text.split(separator: "\n").map(String.init)
        let fresh = all.filter { !known.contains($0) }
        #expect(fresh.count == 1)
        try scratch.shell("for f in \(fresh.joined(separator: " ")); do \(command); done; rm -rf .swarm/cache")
        let run = try scratch.swarm("run", "resume", "--node", "run:bad", "--json", "--", "true")
        #expect(run.exitCode == 5, "\(run)")
        let name = String(fresh[0].split(separator: "/").last ?? "?")
        #expect(run.json["error"]?["message"]?.text?.contains(name) == true, "\(run)")
        let check = try scratch.swarm("fsck", "--json")
        #expect(check.exitCode == 3, "\(check)")
        #expect(check.text.contains(name), "\(check)")
        for command in [["diff"], ["state", "query"], ["checkout"]] {
            let more = command == ["checkout"] ? [scratch.folder + "/out"] : command == ["diff"] ? [] : ["select 1"]
            let run = try scratch.swarm(command + ["run:bad"] + more + ["--json"])
            // A damaged pack may leave the state database whole.
            #expect(run.exitCode == 5 || file == "pack" && command == ["state", "query"], "\(command) \(run)")
        }
        #expect(try scratch.swarm("run", "resume", "--node", "run:good", "--", "cat", "keep").text == "kept\n")
    }

    @Test("standard output that is closed early is quiet")
    func closedOutput() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        for number in 0..<3 { try scratch.swarm("run", "launch", "--run-id", "r\(number)", "--", "true") }
        let run = try scratch.shell("\(ProgramRun.swarm) log | head -1; echo ${PIPESTATUS[0]}")
        #expect(run.text.hasSuffix("0\n"), "\(run)")
        #expect(run.messages.isEmpty, "\(run)")
    }

    @Test(
        "hostile bundles are refused before a byte is written",
        arguments: ["dotdot", "link", "device", "huge", "absolute", "twice"]
    )
    func hostileBundles(kind: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let script = """
            import tarfile, io, sys
            kind = sys.argv[1]
            t = tarfile.open(sys.argv[2], 'w', format=tarfile.USTAR_FORMAT)
            def add(name, data=b'x', **k):
                i = tarfile.TarInfo(name); i.size = len(data)
                for a, b in k.items(): setattr(i, a, b)
                t.addfile(i, io.BytesIO(data))
            if kind == 'dotdot': add('../evil')
            if kind == 'absolute': add('/tmp/evil')
            if kind == 'link': add('manifest.json', b'', type=tarfile.SYMTYPE, linkname='/etc/passwd')
            if kind == 'device': add('manifest.json', b'', type=tarfile.CHRTYPE)
            if kind == 'twice': add('manifest.json'); add('manifest.json')
            if kind == 'huge':
                i = tarfile.TarInfo('manifest.json'); i.size = 5 << 30; t.fileobj.write(i.tobuf(tarfile.USTAR_FORMAT)); t.offset += 512
            t.close() if kind != 'huge' else t.fileobj.close()
            """
        try scratch.write(scratch.folder + "/make.py", script)
        #expect(try scratch.shell("python3 ../make.py \(kind) ../evil.tar").exitCode == 0)
        let before = try scratch.shell("find .swarm -not -path '*/tmp/*' | sort").text
        let run = try scratch.swarm("bundle", "import", scratch.folder + "/evil.tar", "--json")
        #expect(run.exitCode == 2, "\(run)")
        #expect(try scratch.shell("find .swarm -not -path '*/tmp/*' | sort").text == before)
    }
}
