import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("Paths on the command line that cannot serve")
struct GivenPathTests {
    @Test(
        "are exit 2 and named as what they are, and nothing is written",
        arguments: [
            (["verify", "bundle", "nope"], "FILE nope: there is no such file"),
            (["verify", "bundle", "."], "FILE .: it is a directory"),
            (["verify", "bundle", "file/x"], "FILE file/x: there is no such file"),
            (["bundle", "import", "nope"], "FILE nope: there is no such file"),
            (["bundle", "export", "@", "no/t"], "FILE no/t: there is no directory /"),
            (["bundle", "export", "@", "."], "FILE .: it is a directory"),
            (["bundle", "export", "@", "file/t"], "project/file is no directory"),
            (["key", "export", "--out", "no/k"], "--out no/k: there is no directory /"),
            (["key", "export", "--out", "file"], "--out file: it exists already"),
            (["state", "grant", "@", "--out", "file"], "--out file: it exists already"),
            (["key", "import", "nope"], "nope: there is no such file"),
            (["key", "import", "."], ".: it is a directory"),
            (["trust", "import", "nope"], "nope: there is no such file"),
            (["state", "fork", "--state-cap", "nope"], "nope: there is no such file"),
            (["schema", "validate", "--schema", "node", "--file", "."], ".: it is a directory"),
            (["run", "launch", "--policy", "nope", "--", "true"], "nope: there is no such file"),
            (["verify", "proof", "--proof", "nope", "--public-inputs", "file"], "nope: there is no such file"),
            (["checkout", "@", "file/x"], "project/file is no directory"),
            (["checkout", "@", "file/x/y"], "project/file is no directory"),
            (["apply", "@", "file"], "DIR file: it is no directory"),
            (["apply", "@", "no"], "DIR no: there is no such directory"),
            (["apply", "@", ""], "DIR '': no path is given"), (["checkout", "@", ""], "DIR '': no path is given"),
            (["run", "launch", "--out", "", "--", "true"], "--out '': no path is given"),
            (["key", "import", ""], "'': no path is given"),
            (["init", "--store", "file/x"], "project/file is no directory"),
            (["init", "--store", "file"], "--store file: it is no directory"),
        ]
    )
    func refused(words: [String], sentence: String) throws {
        let scratch = try Scratch()
        try scratch.write("file", "mine")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--", "sh", "-c", "echo x > new")
        let before = try scratch.shell("find .. -path ../project/.swarm/tmp -prune -o -print | sort").text
        let command = Array(words.prefix { $0 != "--" })
        let run = try scratch.swarm(command + ["--json"] + words.dropFirst(command.count))
        #expect(run.exitCode == 2, "\(run)")
        #expect(run.errorCode == "PATH_INVALID", "\(run)")
        #expect(run.json["error"]?["message"]?.text?.contains(sentence) == true, "\(run)")
        #expect(try scratch.read("file") == "mine")
        #expect(try scratch.shell("find .. -path ../project/.swarm/tmp -prune -o -print | sort").text == before)
    }

    @Test("a pipe serves where a file is read, and a link to a file where it is written")
    func pipes() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "true")
        let run = try scratch.shell(
            "\(ProgramRun.swarm) schema validate --schema result --file <(cat .swarm/runs/r/result.json) && mkfifo ../pipe && (\(ProgramRun.swarm) key export > ../pipe & \(ProgramRun.swarm) key import ../pipe) && touch ../there && ln -s there ../link && \(ProgramRun.swarm) bundle export @ ../link && \(ProgramRun.swarm) verify bundle ../link"
        )
        #expect(run.exitCode == 0, "\(run)")
    }
}
