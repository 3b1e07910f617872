import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("Attestations of local runs")
struct AttestationTests {
    /// A store with an import, a run, a fork and a failed run, its public documents elsewhere, and the operator's key.
    private func evidence() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("file", "1\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "sh", "-c", "echo 2 > file")
        try scratch.swarm("run", "fork", "--label", "b")
        try scratch.swarm("run", "resume", "--node", "branch:b", "--run-id", "s", "--", "false")
        // The command of README.md and docs/verification.md.
        let copied = try scratch.shell(
            """
            mkdir ../docs
            (cd .swarm && cp -r --parents nodes runs/*/{certificate,result,policy,next_tokens,attestation.sigstore}.json ../../docs)
            """
        )
        #expect(copied.exitCode == 0, "\(copied)")
        try scratch.write(scratch.folder + "/op.pem", try scratch.swarm("key", "show", "--public").text)
        return scratch
    }

    private static let away = [
        "verify", "chain", "run:s", "--documents", "../docs", "--key", "../op.pem", "--require-attestation",
    ]

    @Test("every run is signed, and the chain verifies from documents and the public key alone")
    func offline() throws {
        let scratch = try evidence()
        #expect(try scratch.swarm("verify", "chain", "run:s", "--require-attestation").exitCode == 0)
        try scratch.shell("mv .swarm ../gone")
        let run = try scratch.swarm(AttestationTests.away)
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.text.split(separator: "\n").filter { $0.contains("ok     attestation: signed by") }.count == 4)
    }

    @Test("what is copied for others holds no log and no telemetry, and a node in it is named by run or id alone")
    func naming() throws {
        let scratch = try evidence()
        #expect(
            try scratch.shell("cd ../docs/runs && ls -A */ | grep -v : | sort -u | xargs").text.dropLast()
                == "attestation.sigstore.json certificate.json next_tokens.json policy.json result.json"
        )
        try scratch.write(scratch.folder + "/docs/runs/.fork.lock", "")
        let away = ["verify", "chain", "--documents", "../docs", "--key", "../op.pem"]
        let unnamed = try scratch.swarm(away)
        #expect(unnamed.exitCode == 2 && unnamed.messages.contains("name the node, with --documents"), "\(unnamed)")
        for reference in ["@", "branch:b", "run:none", "run:s~1"] {
            let run = try scratch.swarm(away + [reference])
            #expect(run.exitCode == 2 && run.errorCode == "NODE_UNKNOWN", "\(run)")
            #expect(run.messages.contains("name run:<run id>") && !run.messages.contains(".fork.lock"), "\(run)")
        }
        let id = try #require(try scratch.swarm("show", "run:r", "--json").json["node"]?["node_id"]?.text)
        #expect(try scratch.swarm(away + [String(id.prefix(13))]).exitCode == 0)
    }

    @Test(
        "another key, a missing, a swapped or an altered attestation does not hold",
        arguments: [
            ("openssl genpkey -algorithm ed25519 | openssl pkey -pubout > ../op.pem", "SIGSTORE_SIGNATURE_INVALID"),
            ("rm ../docs/runs/r/attestation.sigstore.json", "CHAIN_ATTESTATION_MISSING"),
            ("cp ../docs/runs/s/attestation.sigstore.json ../docs/runs/r/", "SIGSTORE_SUBJECT_MISMATCH"),
            ("sed -i 's/\"payload\":\"./\"payload\":\"f/' ../docs/runs/fork.b/attestation.sigstore.json", "SIGSTORE_"),
            ("echo '{}' > ../docs/runs/r/attestation.sigstore.json", "SIGSTORE_BUNDLE_MALFORMED"),
        ]
    )
    func refused(damage: String, code: String) throws {
        let scratch = try evidence()
        #expect(try scratch.shell(damage).exitCode == 0)
        let run = try scratch.swarm(AttestationTests.away + ["--json"])
        #expect(run.exitCode == 3, "\(run)")
        #expect(run.json["error"]?["code"]?.text?.hasPrefix(code) == true, "\(run)")
    }

    @Test("an attestation is verified by file and by digest, and travels in a bundle where that is asked for")
    func single() throws {
        let scratch = try evidence()
        let (certificate, bundle) = (".swarm/runs/r/certificate.json", ".swarm/runs/r/attestation.sigstore.json")
        let digest = try scratch.shell("printf sha256:; sha256sum < \(certificate) | cut -c1-64").text.dropLast()
        for artifact in [certificate, String(digest)] {
            let run = try scratch.swarm("verify", "attestation", artifact, "--bundle", bundle, "--key", "../op.pem")
            #expect(run.exitCode == 0, "\(run)")
        }
        let other = try scratch.swarm("verify", "attestation", "file", "--bundle", bundle, "--key", "../op.pem")
        #expect(other.exitCode == 3, "\(other)")
        let cert = try scratch.swarm(
            "verify",
            "cert",
            "--certificate",
            certificate,
            "--expected-artifact-hash",
            String(digest),
            "--required-commit",
            String(repeating: "0", count: 40),
            "--policy-file",
            ".swarm/runs/r/policy.json",
            "--attestation",
            bundle,
            "--key",
            "../op.pem"
        )
        #expect(cert.exitCode == 0, "\(cert)")
        try scratch.swarm("bundle", "export", "run:r", "../with.tar", "--with-attestation")
        try scratch.swarm("bundle", "export", "run:r", "../without.tar")
        #expect(try scratch.shell("tar tf ../with.tar | grep -c attestation").text == "1\n")
        #expect(try scratch.shell("tar tf ../without.tar | grep -c attestation").text == "0\n")
    }

    @Test(
        "flags that do not say who signed are exit 2",
        arguments: [
            ["--source-repo", "owner/repo"], [], ["--cert-oidc-issuer", "https://example.org"],
            ["--key", "../op.pem", "--signer-workflow", "owner/repo/path"],
            ["--signer-workflow", "owner/repo/path", "--trusted-root", ".swarm/config.json"],
        ]
    )
    func unnamedSigner(flags: [String]) throws {
        let scratch = try evidence()
        let bundle = ".swarm/runs/r/attestation.sigstore.json"
        let run = try scratch.swarm(["verify", "attestation", "file", "--bundle", bundle] + flags)
        #expect(run.exitCode == 2, "\(run)")
    }

    @Test("a trusted root is installed whole or not at all, and is shown with its age")
    func trust() throws {
        let scratch = try Scratch()
        try scratch.write("bad", "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=9\"}\n")
        #expect(try scratch.swarm(["trust", "import", "bad"]).exitCode == 2)
        #expect(try scratch.swarm(["trust", "show", "--json"]).json["trusted_roots"]?.elements == [])
        let good = "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}"
        try scratch.write("mixed", good + "\n{}\n")
        #expect(try scratch.swarm(["trust", "import", "mixed"]).exitCode == 2)
        try scratch.write("good", good + "\n")
        #expect(try scratch.swarm(["trust", "import", "good"]).exitCode == 0)
        let shown = try scratch.swarm(["trust", "show", "--json"]).json["trusted_roots"]?.elements
        #expect(shown?.count == 1)
        #expect(shown?.first?["age_days"]?.integer == 0)
    }
}
