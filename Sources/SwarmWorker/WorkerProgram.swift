internal import CPlatform
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// The worker: from its sealed request to the files that it leaves, and an exit code.
package enum WorkerProgram {
    /// The version that `--version` prints.
    package static let version = "0.1.0"

    /// Runs one step and ends the process with its exit code (the product's).
    package static func run(_ arguments: [String]) -> Never {
        let arguments = Array(arguments.dropFirst())
        if arguments.count == 4, arguments[0] == StateCheckCommand.argument, let seconds = Int(arguments[3]) {
            print(StateDatabase.sanitiseLine(input: arguments[1], output: arguments[2], timeLimitSeconds: seconds))
            exit(0)
        }
        if arguments == ["--version"] {
            print("swarm-worker \(version)")
            exit(0)
        }
        if arguments == ["--help"] || arguments == ["-h"] {
            print(WorkerArguments.help, terminator: "")
            exit(0)
        }
        // Before any key is in memory: no other process of this account may look into it, and it leaves no core.
        swarm_hide_memory()
        swarm_tune_allocator()
        signal(SIGPIPE, SIG_IGN)
        // A runner may have had it ignored, and then no child's end could be waited for.
        signal(SIGCHLD, SIG_DFL)
        let display = WorkerDisplay()
        do {
            exit(try work(try WorkerArguments(arguments), display))
        } catch let failure as any Failure {
            display.report(failure)
            exit(failure.category.exitCode)
        } catch {
            display.say("error: \(error)")
            exit(1)
        }
    }

    private static func work(_ arguments: WorkerArguments, _ display: WorkerDisplay) throws -> Int32 {
        guard let out = arguments.out else { throw WorkerFailure.usage("--out says where the documents go") }
        let key = try WorkerKey.read(arguments.keyDescriptor)
        let request = try openRequest(arguments, key)
        try compareInputs(request)
        let cancellation = try Cancellation()
        let signals = SignalWatcher.start { cancellation.cancel() }
        defer { signals.stop() }
        let base = Environment.value("RUNNER_TEMP") ?? Environment.value("TMPDIR") ?? "/tmp"
        let folder = "\(Files.absolute(base))/swarm-worker-\(Hex.encode(Randomness.bytes(8)))"
        try Files.makeFolder(folder, mode: 0o700)
        defer { FolderRemoval.remove(folder) }
        let place = ResultPlace(request.child.runID)
        let run = try WorkerRun(
            request,
            in: folder,
            host: host(),
            bundleRef: place.bundle,
            certificateRef: place.certificate,
            observer: display,
            cancellation: cancellation
        )
        let fetch = ParentFetch(arguments: arguments, folder: folder, observer: display)
        let report = try run.run(try fetch.source(request.parent.source))
        try run.write(report, to: out)
        for warning in report.warnings { display.say("warning: \(warning)") }
        display.say("run \(report.runID) \(report.status.rawValue): \(report.node?.description ?? "no node")")
        guard let failure = report.failure else { return 0 }
        display.report(failure)
        return failure.category.exitCode
    }

    private static func openRequest(_ arguments: WorkerArguments, _ key: RecipientKey) throws -> DispatchRequest {
        let names = (Environment.value("SWARM_OPERATOR") ?? "").split(separator: " ").map(String.init)
        let operators = names.compactMap { OperatorPublicKey(did: $0) }
        guard !operators.isEmpty, operators.count == names.count else {
            throw WorkerFailure.usage(
                "SWARM_OPERATOR is not the did:key of an operator, or several with spaces between"
            )
        }
        let text: String
        if let file = arguments.requestFile {
            let bytes = try Files.read(file, limit: SealedDispatch.longest + 2)
            text = String(
                decoding: bytes.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") },
                as: UTF8.self
            )
        } else if let given = Environment.value("SWARM_REQUEST") {
            text = given
        } else {
            throw WorkerFailure.usage("give the sealed request: --request-file FILE, or SWARM_REQUEST")
        }
        let now = Clock.nowSeconds()
        for issuer in operators.dropLast() {
            do throws(DispatchFailure) {
                return try SealedDispatch.open(text, with: key, issuer: issuer, now: now)
            } catch {
                guard case .forged = error else { throw error }
            }
        }
        return try SealedDispatch.open(text, with: key, issuer: operators[operators.count - 1], now: now)
    }

    /// What anyone could read, and perhaps change, on the way must be what the sealed request says.
    private static func compareInputs(_ request: DispatchRequest) throws {
        let commit = try WorkflowRef(request.request.workflowRef).commit
        let inputs = [
            ("SWARM_REQUEST_ID", request.requestID), ("SWARM_EXPECTED_COMMIT", commit),
            ("SWARM_ROUTE_MODE", request.policy.routeMode.rawValue),
        ]
        for (name, expected) in inputs {
            if let given = Environment.value(name), given != expected { throw WorkerFailure.inputMismatch(name) }
        }
    }

    private static func host() -> HostContext {
        HostContext(
            home: Environment.home.map(Files.absolute) ?? "/root",
            path: Environment.value("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
            language: Environment.value("LANG"),
            terminal: nil,
            currentFolder: Files.currentFolder(),
            configuredRoute: nil,
            variable: { _ in nil }
        )
    }
}

/// Where the job keeps what the worker leaves, as `result.json` names it.
struct ResultPlace {
    let bundle: String?
    let certificate: String?

    init(_ run: RunID) {
        guard let id = Environment.value("GITHUB_RUN_ID"), !id.isEmpty, id.utf8.allSatisfy({ (48...57).contains($0) })
        else {
            (bundle, certificate) = (nil, nil)
            return
        }
        bundle = "gh-artifact://\(id)/state-bundle-\(run)"
        certificate = "gh-artifact://\(id)/swarm-\(run)"
    }
}
