import SwarmCapability
import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("A worker's keys")
struct WorkerTests {
    private let stage: WorkerStage

    init() throws { stage = try WorkerStage() }

    @Test(
        "a key of an older node, of a newer one or of a sibling does not open the parent",
        arguments: ["older", "newer", "sibling"]
    )
    func wrongKey(name: String) throws {
        let run = try stage.work(try stage.request(["true"], readParent: try stage.keys(name).read))
        #expect(run.exitCode == 3 && run.errorCode == "BUNDLE_UNTRUSTED", "\(run)")
        #expect(Files.kind(stage.out + "/documents") == nil)
    }

    @Test("a step sees the parent and nothing of the keys; nothing that the worker leaves holds a byte of them")
    func secrets() throws {
        let look = """
            cat f older here; test ! -e newer; test ! -e sibling; echo made > made
            env; cat /proc/*/environ /proc/*/cmdline; ls -l /proc/*/fd; cat /proc/*/mountinfo
            cat \(stage.keyFile) \(stage.runnerFolder)/*/.swarm/* "$SWARM_WORKER_KEY_FILE"
            echo "$SWARM_REQUEST" "$SWARM_OPERATOR"; find / -xdev -name '*worker-key*'; true
            """
        let request = try stage.request(["sh", "-c", look])
        let run = try stage.work(request)
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.text.hasPrefix("content\nolder\nhere\n"), "\(run)")
        #expect(Files.kind(stage.keyFile) == nil)
        #expect(try Files.names(in: stage.runnerFolder).isEmpty)
        let certificate = try Certificate(reading: try Files.read(stage.out + "/documents/certificate.json"))
        #expect(certificate.execution.workerKey == .run)

        let secrets = [stage.seed, request.caps.readParent, request.caps.readChild, request.caps.writeChild]
        let forms = secrets.flatMap(SecretForms.all) + SecretForms.all(Array(WorkerStage.passed.utf8))
        var places = [("standard output", run.output), ("standard error", Array(run.messages.utf8))]
        let files = try stage.scratch.shell("find \(stage.out) -type f").text.split(separator: "\n").map(String.init)
        #expect(files.count == 6, "\(files)")
        for file in files { places.append((file, try Files.read(file, limit: 1 << 30))) }
        for (name, bytes) in places {
            for form in forms { #expect(!SecretForms.contains(bytes, form), "\(name) holds a secret") }
        }
    }

    @Test("a job shows everybody neither the command nor a part of it")
    func command() throws {
        let run = try stage.work(try stage.request(["sh", "-c", ": a-prompt-for-nobody; echo out"]))
        #expect(run.exitCode == 0 && run.text == "out\n", "\(run)")
        let telemetry = try JSONParser.parse(try Files.read(stage.out + "/telemetry.json"))
        #expect(telemetry["command"] == .null && telemetry["attempt"] == 1, "\(telemetry)")
        #expect(try stage.scratch.shell("grep -r a-prompt-for-nobody \(stage.out)").exitCode == 1)
        #expect(!run.messages.contains("a-prompt-for-nobody"), "\(run)")
    }

    @Test("no process of its account can look into it while it has its key")
    func hidden() throws {
        // The kernel gives the files of a process that hides its memory to root; so an ordinary account must run it.
        let script = """
            d=$(mktemp -d /tmp/swarm-worker-XXXXXX); chmod 755 "$d"; cp "$1" "$d/w"; mkfifo -m 666 "$d/k"
            as=; [ "$(id -u)" != 0 ] || as='setpriv --reuid 65534 --regid 65534 --clear-groups'
            $as "$d/w" --key-fd 0 --out "$d/out" < "$d/k" & worker=$!
            $as sleep 600 & other=$!
            exec 9> "$d/k"
            for try in $(seq 600); do
                [ "$(readlink "/proc/$worker/exe")" = "$d/w" ] && [ "$(stat -c %u "/proc/$worker/environ")" = 0 ] &&
                    [ "$(cat "/proc/$other/comm")" = sleep ] && break
                sleep 0.1
            done
            echo "$(stat -c %u "/proc/$worker/environ") $(stat -c %u "/proc/$other/environ" | sed 's/^[1-9].*/owner/')"
            kill $other; exec 9>&-; wait $worker; rm -rf "$d"
            """
        let run = try ProgramRun.run("/bin/bash", ["-c", script, "bash", WorkerStage.program], in: "/")
        #expect(run.text == "0 owner\n", "\(run)")
    }

    @Test("what is looked for is found where it is")
    func searching() {
        let secret = Array(UInt8(1)...32)
        let forms = SecretForms.all(secret)
        #expect(forms.count == 5)
        for form in forms {
            #expect(SecretForms.contains([9] + form + [9], form))
            #expect(!SecretForms.contains([9] + form.dropLast() + [9], form))
        }
    }

    @Test("another operator's request is refused before anything is fetched")
    func otherOperator() throws {
        let other = try #require(RootSecret(bytes: Randomness.bytes(32)))
        let sealed = try SealedDispatch.seal(
            try stage.request(["true"]),
            for: try #require(RecipientKey(seed: stage.seed)).publicKey,
            by: stage.root.signingKey()
        )
        try Files.write(Array(stage.key.text.withText { $0 }.utf8), to: stage.keyFile, mode: 0o600)
        var environment = stage.scratch.environment
        environment["SWARM_WORKER_KEY_FILE"] = stage.keyFile
        environment["SWARM_OPERATOR"] = other.signingKey().publicKey.did
        environment["SWARM_REQUEST"] = sealed
        let run = try ProgramRun.run(
            WorkerStage.program,
            ["--out", stage.out],
            in: stage.scratch.folder,
            environment: environment
        )
        #expect(run.exitCode == 6 && run.errorCode == "DISPATCH_REQUEST_FORGED", "\(run)")
    }
}

/// A secret as it may stand in a file.
enum SecretForms {
    /// Raw, in hexadecimal of either case, in base64 and base64url. Of the last two the end is left out, where padding begins.
    static func all(_ secret: [UInt8]) -> [[UInt8]] {
        let hex = Hex.encode(secret)
        let whole = secret.count / 3 * 4
        return [
            secret, Array(hex.utf8), Array(hex.uppercased().utf8),
            Array(Base64.encode(secret, .standard).utf8.prefix(whole)),
            Array(Base64.encode(secret, .url).utf8.prefix(whole)),
        ]
    }

    static func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        guard let first = pattern.first, bytes.count >= pattern.count else { return false }
        var rest = bytes[...]
        while let next = rest.firstIndex(of: first), next + pattern.count <= bytes.count {
            if bytes[next..<next + pattern.count].elementsEqual(pattern) { return true }
            rest = bytes[(next + 1)...]
        }
        return false
    }
}
