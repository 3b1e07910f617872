package import SwarmBackend
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

/// A backend without a vendor, for examining the examination: it keeps every promise, and breaks the one that it is told to.
package final class MemoryStage: BackendStage {
    /// Which promise is broken, and how.
    package enum Lie: String, Sendable, CaseIterable {
        case sendsAgainAfterLoss, believesEmptySearch, believesRefusedSearch, forgetsItsOwn, throwsBareErrors,
            saysRetryHelps
        case ignoresTheAskedWait, waitsTheSame, waitsWithoutJitter, tellsItsToken, sendsItsToken, failsTheSecondCancel
        case sendsTheKey, keepsTheKey, givesAlteredFiles, neverEnds, forgetsHowItEnded

        /// The promise that it breaks.
        package var promise: BackendPromise {
            switch self {
            case .sendsAgainAfterLoss, .believesEmptySearch, .believesRefusedSearch: .oneRun
            case .forgetsItsOwn: .findsItsOwn
            case .throwsBareErrors, .saysRetryHelps: .typedErrors
            case .ignoresTheAskedWait, .waitsTheSame, .waitsWithoutJitter: .patience
            case .tellsItsToken, .sendsItsToken: .discretion
            case .failsTheSecondCancel: .cancelling
            case .sendsTheKey, .keepsTheKey: .ownKeys
            case .givesAlteredFiles: .trueFiles
            case .neverEnds, .forgetsHowItEnded: .conclusion
            }
        }
    }

    package let pacer = FastPacer()
    package let secrets = ["token-of-the-memory-backend"]
    private let lie: Lie?
    private let far = FarSide()

    package init(lie: Lie? = nil) { self.lie = lie }

    package func backend() throws -> any Backend {
        MemoryBackend(far: far, pacer: pacer, token: secrets[0], lie: lie)
    }

    package func fail(_ request: StageRequest, _ fault: StageFault, times: Int) {
        far.state.withLock { $0.faults[request] = Array(repeating: fault, count: times) }
    }

    package var runs: [String] { far.state.withLock { $0.runs.map(\.id) } }
    package var keysHeld: Int { far.state.withLock { $0.keys.count } }
    package var traffic: [String] { far.state.withLock { $0.traffic } }

    package func end(_ id: String, _ conclusion: RemoteConclusion, files: [String: String]?) {
        far.state.withLock { state in
            guard let place = state.runs.firstIndex(where: { $0.id == id }) else { return }
            state.runs[place].conclusion = conclusion
            state.runs[place].files = files ?? [:]
        }
    }
}

/// What is there, whoever asks.
private final class FarSide: Sendable {
    struct Run {
        let id: String
        let requestID: String
        var conclusion: RemoteConclusion?
        var cancels = 0
        var files: [String: String] = [:]
    }

    struct State {
        var runs: [Run] = []
        var faults: [StageRequest: [StageFault]] = [:]
        var traffic: [String] = []
        var keys: Set<String> = []
    }

    let state = Mutex(State())

    func fault(_ request: StageRequest, _ line: String) -> StageFault? {
        state.withLock { state in
            state.traffic.append("\(request.rawValue) \(line)")
            guard var faults = state.faults[request], !faults.isEmpty else { return nil }
            defer { state.faults[request] = faults }
            return faults.removeFirst()
        }
    }

    func make(_ requestID: String) -> String {
        state.withLock { state in
            state.runs.append(Run(id: "\(state.runs.count + 1)", requestID: requestID))
            return "\(state.runs.count)"
        }
    }

    func run(_ id: String) -> Run? { state.withLock { $0.runs.first { $0.id == id } } }
}

private struct BareError: Error {}

private struct MemoryFailure: Failure {
    let code: String
    let category: FailureCategory
    let message: String
    let retryable: Bool
    var hint: String? { nil }
}

private final class MemoryBackend: Backend {
    let name = "memory"
    let place = "memory"
    private let far: FarSide
    private let pacer: FastPacer
    private let token: String
    private let lie: MemoryStage.Lie?

    init(far: FarSide, pacer: FastPacer, token: String, lie: MemoryStage.Lie?) {
        self.far = far
        self.pacer = pacer
        self.token = token
        self.lie = lie
    }

    private func failure(_ code: String, _ retryable: Bool, _ category: FailureCategory = .backend) -> any Error {
        if lie == .throwsBareErrors { return BareError() }
        let said = lie == .tellsItsToken ? " with \(token)" : ""
        return MemoryFailure(
            code: "MEMORY_\(code)",
            category: category,
            message: "the far side says no\(said)",
            retryable: retryable || lie == .saysRetryHelps
        )
    }

    private enum Answer {
        case done, stale, altered
        /// Whether anything was done is unknown.
        case lost(processed: Bool)
    }

    /// Asks the far side; waits out what passes. `isSafe` says that asking twice does no harm.
    private func ask(_ request: StageRequest, _ line: String, isSafe: Bool = true) throws -> Answer {
        let line = lie == .sendsItsToken ? line + " token=\(token)" : line
        for attempt in 1...5 {
            let asked: Int64?
            switch far.fault(request, line) {
            case nil: return .done
            case .stale: return .stale
            case .altered: return .altered
            case .refused: throw failure("REFUSED", false)
            case .missing: throw failure("MISSING", false)
            case .lost(let processed):
                if !isSafe { return .lost(processed: processed) }
                asked = nil
            case .trouble(let seconds):
                if !isSafe { return .lost(processed: false) }
                asked = seconds
            case .limited(let seconds): asked = seconds
            case .limitedUntil(let time): asked = time - pacer.now()
            }
            if attempt < 5 { try pacer.wait(milliseconds: wait(attempt, asked)) }
        }
        throw failure("TROUBLE", true)
    }

    private func wait(_ attempt: Int, _ asked: Int64?) -> Int64 {
        if let asked, lie != .ignoresTheAskedWait { return asked * 1000 }
        let half: Int64 = lie == .waitsTheSame ? 500 : 500 << Int64(attempt - 1)
        return lie == .waitsWithoutJitter ? half : half + Int64(pacer.chance() % UInt64(half))
    }

    func checkout(ref: String?) throws -> RemoteCheckout {
        RemoteCheckout(ref: ref ?? "main", commit: String(repeating: "a", count: 40))
    }

    func dispatch(_ order: DispatchOrder, mayExist: Bool) throws -> RemoteHandle {
        if mayExist, lie != .forgetsItsOwn, let found = try find(order) { return found }
        for _ in 0..<3 {
            switch try ask(.dispatch, order.requestID, isSafe: false) {
            case .lost(let processed):
                if processed { _ = far.make(order.requestID) }
                if lie == .sendsAgainAfterLoss { continue }
                for _ in 0..<(lie == .believesEmptySearch ? 1 : 5) {
                    do {
                        if let found = try find(order) { return found }
                    } catch {
                        throw lie == .believesRefusedSearch ? error : failure("UNKNOWN", true)
                    }
                    try pacer.wait(milliseconds: 1000)
                }
            case .done, .stale, .altered: return RemoteHandle(id: far.make(order.requestID), url: nil)
            }
        }
        throw failure("UNKNOWN", true)
    }

    func lend(_ key: SecretText, requestID: String) throws -> KeyLoan {
        let shown = lie == .sendsTheKey ? key.withText { $0 } : "sealed"
        far.state.withLock { state in
            state.traffic.append("lend \(requestID) \(shown)")
            state.keys.insert(requestID)
        }
        return .lent
    }

    func takeBack(requestID: String) throws {
        if lie != .keepsTheKey { far.state.withLock { _ = $0.keys.remove(requestID) } }
    }

    func find(_ order: DispatchOrder) throws -> RemoteHandle? {
        if case .stale = try ask(.search, order.requestID) { return nil }
        return far.state.withLock { $0.runs.first { $0.requestID == order.requestID } }
            .map { RemoteHandle(id: $0.id, url: nil) }
    }

    func look(_ handle: RemoteHandle) throws -> RemoteStatus {
        _ = try ask(.status, handle.id)
        guard let run = far.run(handle.id) else { throw failure("MISSING", false) }
        var phase = run.conclusion.map(RemotePhase.finished) ?? .running
        if lie == .neverEnds { phase = .running }
        if lie == .forgetsHowItEnded, run.conclusion != nil { phase = .finished(.other("ended")) }
        return RemoteStatus(phase: phase, activities: [], url: nil)
    }

    func log(_ handle: RemoteHandle, _ cursor: inout LogCursor, into body: (String, [UInt8]) throws -> Void) throws {
        cursor.isOpen = false
    }

    func collect(_ handle: RemoteHandle, run: RunID, into folder: String) throws -> RemoteFiles {
        guard let there = far.run(handle.id), there.conclusion != nil else { throw failure("NOT_FINISHED", true) }
        let isAltered = if case .altered = try ask(.files, handle.id) { true } else { false }
        if isAltered, lie != .givesAlteredFiles { throw failure("DIGEST_MISMATCH", false, .verification) }
        for (name, text) in there.files {
            try Files.write(Array((isAltered ? text + "x" : text).utf8), to: "\(folder)/\(name)", sync: false)
        }
        return RemoteFiles(
            folder: folder,
            bundleLocator: "memory://\(handle.id)",
            digests: [:],
            expiresAt: nil,
            attestations: [],
            invocation: nil
        )
    }

    func cancel(_ handle: RemoteHandle, force: Bool) throws -> Bool {
        _ = try ask(.cancel, handle.id)
        guard let run = far.run(handle.id) else { throw failure("MISSING", false) }
        if run.conclusion != nil { return false }
        if run.cancels > 0, lie == .failsTheSecondCancel { throw failure("CANCELLED", false) }
        far.state.withLock { state in
            guard let place = state.runs.firstIndex(where: { $0.id == handle.id }) else { return }
            state.runs[place].cancels += 1
        }
        return true
    }

    func probe() -> [BackendFinding] { [] }
}
