import SwarmCapability
import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

/// The built worker with requests as an operator makes them: a store with a chain of nodes, and a worker's key.
struct WorkerStage {
    static let program = Files.parent(of: ProgramRun.swarm) + "/swarm-worker"
    /// The value of a variable that the step is passed.
    static let passed = "hunter2-correct-horse-battery"

    let scratch: Scratch
    let root: RootSecret
    let key: RecipientKey
    let seed = Randomness.bytes(32)

    /// Makes the nodes `older`, `here` and `newer` in a row, and `sibling` beside `here`.
    init() throws {
        scratch = try Scratch()
        try scratch.write("f", "content\n")
        try scratch.swarm("init")
        let recovery = try scratch.swarm("key", "export").text.split(separator: "\n").first.map(String.init) ?? ""
        root = try RootSecret(recoveryString: SecretText(recovery))
        key = try #require(RecipientKey(seed: seed))
        try step("launch", "older", from: "root")
        try step("resume", "here", from: "run:older")
        try step("resume", "newer", from: "run:here")
        try step("resume", "sibling", from: "run:older")
        try scratch.swarm("bundle", "export", "run:here", scratch.folder + "/here.tar")
    }

    private func step(_ operation: String, _ name: String, from node: String) throws {
        let words = ["--node", node, "--run-id", name, "--", "sh", "-c", "echo \(name) > \(name)"]
        let run = try scratch.swarm(["run", operation] + words)
        #expect(run.exitCode == 0, "\(run)")
    }

    private func descriptor(_ run: String) throws -> BundleDescriptor {
        let shown = try scratch.swarm("show", "run:\(run)", "--json").json
        return try BundleDescriptor(reading: CanonicalJSON.encode(try #require(shown["descriptor"])))
    }

    /// The keys of a node of the store.
    func keys(_ run: String) throws -> NodeKeys { keys(try descriptor(run).identity) }

    private func keys(_ identity: StepIdentity) -> NodeKeys {
        root.nodeKeys(
            operation: identity.operation.rawValue,
            name: identity.runID.description,
            parent: identity.parentNodeID,
            ratchetStep: identity.ratchetStep
        )
    }

    /// A request to go on from `here`; the key that it brings for the parent may be another node's.
    func request(_ words: [String], readParent: ReadKey? = nil) throws -> DispatchRequest {
        let descriptor = try descriptor("here")
        let folder = scratch.store + "/runs/here"
        let policy = try PolicyDocument(reading: try Files.read(folder + "/policy.json"))
        let result = try ResultDocument(reading: try Files.read(folder + "/result.json"))
        let node = try #require(result.nodeID)
        let child = StepIdentity(
            keyID: descriptor.identity.keyID,
            parentNodeID: node,
            operation: .resume,
            name: .runID(try RunID("far")),
            ratchetStep: descriptor.ratchetStep + 1
        )
        let now = Clock.nowSeconds()
        return DispatchRequest(
            requestID: "nonce",
            issuer: root.signingKey().publicKey.did,
            audience: key.publicKey.id,
            issuedAtUnix: now,
            expiresAtUnix: now + 3600,
            child: child,
            request: RunRequest(
                operation: .resume,
                runID: child.runID,
                parentNodeID: node,
                arguments: words,
                shell: false,
                environmentNames: ["PASSED"],
                environmentDigest: .zero,
                image: nil,
                routeMode: policy.routeMode,
                limits: policy.limits,
                allowColdStart: false,
                allowDirectFallback: false,
                workflowRef: "o/r/.github/workflows/swarm-run.yml@" + String(repeating: "a", count: 40),
                policyHash: policy.sha256,
                salt: [UInt8](repeating: 7, count: 32)
            ),
            policy: policy,
            parent: DispatchRequest.Parent(
                descriptor: descriptor,
                certificateSHA256: Digest256.sha256(of: try Files.read(folder + "/certificate.json")),
                source: .artifact(run: "1", name: "state-bundle-here", sha256: nil)
            ),
            runnerClass: .githubHosted,
            workerKey: .run,
            sandbox: .strict,
            workdir: "/work-of-the-step",
            events: [],
            bundle: .full,
            environment: [DispatchRequest.Variable(name: "PASSED", exposed: WorkerStage.passed)],
            caps: DispatchRequest.Caps(parent: readParent ?? keys(descriptor.identity).read, child: keys(child))
        )
    }

    var out: String { scratch.folder + "/out" }
    var runnerFolder: String { scratch.folder + "/runner" }
    var keyFile: String { scratch.folder + "/worker-key" }

    /// Runs the worker to its end. Its key lies in a file, as a job gives it.
    func work(_ request: DispatchRequest) throws -> ProgramRun {
        let sealed = try SealedDispatch.seal(request, for: key.publicKey, by: root.signingKey())
        try Files.makeFolder(runnerFolder)
        try Files.write(Array(key.text.withText { $0 }.utf8), to: keyFile, mode: 0o600)
        var environment = scratch.environment
        environment["SWARM_WORKER_KEY_FILE"] = keyFile
        environment["SWARM_OPERATOR"] =
            "did:key:z6MkjwWqUZV45cDaEH8LCekHJgqFK7ZVzVvNQsWr84wtbC9c "
            + root.signingKey().publicKey.did
        environment["SWARM_REQUEST"] = sealed
        environment["RUNNER_TEMP"] = runnerFolder
        return try ProgramRun.run(
            WorkerStage.program,
            ["--parent-bundle", scratch.folder + "/here.tar", "--out", out],
            in: scratch.folder,
            environment: environment
        )
    }
}
