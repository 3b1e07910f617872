internal import SwarmBackend
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform

/// What every backend promises (`Backend`), in the order in which it is examined.
package enum BackendPromise: String, Sendable, CaseIterable {
    case oneRun = "a lost answer never makes a second run"
    case findsItsOwn = "dispatch that is asked twice for one order finds its own run"
    case typedErrors = "every error has a code, a category, and says whether a retry can help"
    case patience = "retries wait as the far side says, else they double with jitter up to a cap"
    case discretion = "no secret is in an argument, an input, a log or an error"
    case cancelling = "cancelling twice does no more than once"
    case ownKeys = "a key that is lent to one run is seen by nobody, and is gone once it is taken back"
    case trueFiles = "collect gives no file whose digest is not the one that was told"
    case conclusion = "watching ends with the conclusion, and stays there"
}

/// A promise that a backend did not keep.
package struct BrokenPromise: Sendable, CustomStringConvertible {
    package let promise: BackendPromise
    package let detail: String

    package var description: String { "\(promise.rawValue): \(detail)" }
}

/// The examination that every backend must pass. It gives what is broken as values, so that it can itself be examined: with a
/// backend that lies.
package final class BackendPromises {
    /// The files that a run leaves, with a form of their own in each backend.
    package static let files = [
        "result.json": "{\"r\":1}", "next_tokens.json": "{\"n\":1}", "certificate.json": "{\"c\":1}",
        "policy.json": "{\"p\":1}", "attestation.sigstore.json": "{\"a\":1}", "bundle.tar": "a bundle",
    ]
    /// No cap of a wait that a backend makes up may be longer, in milliseconds.
    private static let longestCap: Int64 = 60_000

    private let makeStage: () throws -> any BackendStage
    private let folder: String
    private var broken: [BrokenPromise] = []
    private var errors: [String] = []
    private var promise = BackendPromise.oneRun
    private var number = 0

    /// `makeStage` gives a fresh far side; `folder` is an empty one for what is collected.
    package init(in folder: String, stage makeStage: @escaping () throws -> any BackendStage) {
        self.makeStage = makeStage
        self.folder = folder
    }

    /// Examines one promise. Throws where the far side cannot be set up.
    package func examine(_ promise: BackendPromise) throws -> [BrokenPromise] {
        self.promise = promise
        broken = []
        errors = []
        switch promise {
        case .oneRun: try oneRun()
        case .findsItsOwn: try findsItsOwn()
        case .typedErrors: try typedErrors()
        case .patience: try patience()
        case .discretion: try discretion()
        case .cancelling: try cancelling()
        case .ownKeys: try ownKeys()
        case .trueFiles: try trueFiles()
        case .conclusion: try conclusion()
        }
        return broken
    }

    // MARK: - The promises

    private func oneRun() throws {
        for processed in [true, false] {
            let stage = try makeStage()
            stage.fail(.dispatch, .lost(processed: processed), times: 1)
            let handle = attempt("dispatch") { try stage.backend().dispatch(try order("lost"), mayExist: false) }
            demand(stage.runs.count == 1, "\(stage.runs.count) runs after a lost answer, processed: \(processed)")
            demand(handle?.id == stage.runs.first, "the handle is \(handle?.id ?? "none")")
        }
        // What was made shows late, and trouble is no proof that nothing was made.
        let late = try makeStage()
        late.fail(.dispatch, .lost(processed: true), times: 1)
        late.fail(.search, .stale, times: 2)
        _ = attempt("dispatch") { try late.backend().dispatch(try order("late"), mayExist: false) }
        demand(late.runs.count == 1, "\(late.runs.count) runs where the first showed late")
        // The search fails as well: the command ends, and the next goes on.
        let blind = try makeStage()
        blind.fail(.dispatch, .lost(processed: true), times: 1)
        blind.fail(.search, .trouble(waitSeconds: nil), times: 50)
        let lost = refusal { _ = try blind.backend().dispatch(try order("blind"), mayExist: false) }
        demand(lost?.retryable == true, "a dispatch whose fate is unknown does not say that it may be asked again")
        blind.fail(.search, .trouble(waitSeconds: nil), times: 0)
        // A search that is refused is no proof either: whoever hears that no retry helps forgets the order.
        let barred = try makeStage()
        barred.fail(.dispatch, .lost(processed: true), times: 1)
        barred.fail(.search, .refused, times: 50)
        let unseen = refusal { _ = try barred.backend().dispatch(try order("barred"), mayExist: false) }
        demand(unseen?.retryable == true, "a refused search says that what may have been taken was not")
        let found = attempt("dispatch") { try blind.backend().dispatch(try order("blind"), mayExist: true) }
        demand(
            blind.runs.count == 1 && found?.id == blind.runs.first,
            "\(blind.runs.count) runs after a second command"
        )
    }

    private func findsItsOwn() throws {
        let stage = try makeStage()
        let first = try order("first")
        let other = try order("other")
        demand(attempt("find") { try stage.backend().find(first) } == .some(nil), "a run is found that was not sent")
        let handle = attempt("dispatch") { try stage.backend().dispatch(first, mayExist: false) }
        let second = attempt("dispatch") { try stage.backend().dispatch(other, mayExist: true) }
        demand(handle?.id != second?.id && stage.runs.count == 2, "two orders are one run")
        for _ in 0..<2 {
            let again = attempt("dispatch") { try stage.backend().dispatch(first, mayExist: true) }
            demand(again?.id == handle?.id, "asked again, it is run \(again?.id ?? "none")")
        }
        demand(attempt("find") { try stage.backend().find(other) }??.id == second?.id, "another run is found")
        demand(stage.runs.count == 2, "\(stage.runs.count) runs of two orders")
    }

    private func typedErrors() throws {
        for request in StageRequest.allCases {
            for (fault, helps) in [(StageFault.refused, false), (.missing, false), (.trouble(waitSeconds: nil), true)] {
                if request == .search && fault == .missing { continue }
                let stage = try makeStage()
                let body = try door(request, stage)
                stage.fail(request, fault, times: 50)
                guard let failure = refusal(body) else {
                    demand(false, "\(request.rawValue) succeeds against \(fault)")
                    continue
                }
                demand(isCode(failure.code), "\(request.rawValue): '\(failure.code)' is no code")
                demand(failure.category.exitCode != 1, "\(request.rawValue): exit 1 for \(fault)")
                demand(failure.retryable == helps, "\(request.rawValue): a retry after \(fault) helps: \(!helps)")
                demand(!failure.message.isEmpty, "\(request.rawValue): \(fault) has no sentence")
            }
        }
    }

    private func patience() throws {
        // As the far side says, to the second.
        for (fault, seconds) in [
            (StageFault.limited(waitSeconds: 7), Int64(7)), (.trouble(waitSeconds: 9), 9),
            (.limitedUntil(1_800_000_041), 41),
        ] {
            let stage = try makeStage()
            let body = try door(.status, stage)
            let before = stage.pacer.waits.count
            stage.fail(.status, fault, times: 1)
            demand(refusal(body) == nil, "\(fault) is not waited out")
            let waited = stage.pacer.waits.dropFirst(before).reduce(0, +) / 1000
            demand((seconds...seconds + 1).contains(waited), "\(waited) s were waited after \(fault)")
        }
        // Else doubling, spread by chance, up to a cap, and not for ever.
        var rows: [[Int64]] = []
        for chance in [0, 0x9e37_79b9_7f4a_7c15, 0x1234_5678_9abc_def1, UInt64.max - 12_345] {
            let stage = try makeStage()
            let body = try door(.status, stage)
            stage.pacer.setChance(chance)
            let before = stage.pacer.waits.count
            stage.fail(.status, .trouble(waitSeconds: nil), times: 1000)
            demand(refusal(body) != nil, "a request is sent for ever")
            rows.append(Array(stage.pacer.waits.dropFirst(before)))
        }
        demand(rows[0].count >= 2 && rows.allSatisfy { $0.count == rows[0].count }, "waits: \(rows)")
        for place in rows[0].indices where rows.allSatisfy({ $0.count > place }) {
            let waits = rows.map { $0[place] }
            let isCapped = waits.allSatisfy { $0 > 0 && $0 <= BackendPromises.longestCap }
            demand(isCapped && Set(waits).count > 1, "no jitter under a cap: \(waits)")
        }
        for (one, next) in zip(rows[0], rows[0].dropFirst()) {
            demand(next >= one * 2 || next * 2 >= BackendPromises.longestCap / 2, "no doubling: \(rows[0])")
        }
    }

    private func discretion() throws {
        let stage = try makeStage()
        let order = try order("discreet")
        let handle = attempt("dispatch") { try stage.backend().dispatch(order, mayExist: false) }
        for request in StageRequest.allCases {
            for fault in [StageFault.refused, .missing, .lost(processed: false), .trouble(waitSeconds: nil)] {
                let other = try makeStage()
                let body = try door(request, other)
                other.fail(request, fault, times: 50)
                _ = refusal(body)
                search(other)
            }
        }
        if let handle {
            stage.end(handle.id, .success, files: BackendPromises.files)
            _ = attempt("collect") { try stage.backend().collect(handle, run: order.runID, into: try empty()) }
        }
        search(stage)
    }

    private func search(_ stage: any BackendStage) {
        for secret in stage.secrets {
            let forms = [secret, Hex.encode(Array(secret.utf8)), Base64.encode(Array(secret.utf8), .standard)]
            for form in forms {
                demand(!stage.traffic.contains { $0.contains(form) }, "a secret was sent where others read")
                demand(!errors.contains { $0.contains(form) }, "a secret is in an error")
            }
        }
    }

    private func cancelling() throws {
        let stage = try makeStage()
        guard let handle = attempt("dispatch", { try stage.backend().dispatch(try order("stop"), mayExist: false) })
        else { return }
        demand(attempt("cancel") { try stage.backend().cancel(handle, force: false) } == true, "nothing was asked")
        demand(attempt("cancel") { try stage.backend().cancel(handle, force: false) } != nil, "a second one fails")
        stage.fail(.cancel, .lost(processed: true), times: 1)
        demand(attempt("cancel") { try stage.backend().cancel(handle, force: true) } != nil, "a lost answer ends it")
        stage.end(handle.id, .cancelled, files: nil)
        for _ in 0..<2 {
            let again = attempt("cancel") { try stage.backend().cancel(handle, force: false) }
            demand(again == false, "of a run that has ended it says \(again.map { "\($0)" } ?? "an error")")
        }
        demand(stage.runs.count == 1, "cancelling made a run")
    }

    private func ownKeys() throws {
        let stage = try makeStage()
        let backend = try stage.backend()
        let key = "the private half of a key of one run"
        func lend(_ name: String) throws -> KeyLoan? {
            let order = try order(name)
            return attempt("lend") { try backend.lend(SecretText(key), requestID: order.requestID) }
        }
        // A backend that has no place for keys says so, and holds none.
        let loan = try lend("one")
        guard loan == .lent else { return demand(stage.keysHeld == 0, "it refuses a key and holds it") }
        _ = try lend("one")
        _ = try lend("two")
        demand(stage.keysHeld == 2, "\(stage.keysHeld) keys of two runs")
        demand(!stage.traffic.contains { $0.contains(key) }, "a key was sent as it is")
        for name in ["one", "one", "two", "never"] {
            let id = try order(name).requestID
            _ = attempt("take back") { try backend.takeBack(requestID: id) }
        }
        demand(stage.keysHeld == 0, "\(stage.keysHeld) keys stay")
    }

    private func trueFiles() throws {
        let stage = try makeStage()
        let order = try order("files")
        guard let handle = attempt("dispatch", { try stage.backend().dispatch(order, mayExist: false) }) else { return }
        let early = refusal { _ = try stage.backend().collect(handle, run: order.runID, into: try empty()) }
        demand(early?.retryable == true, "a run that goes on is collected")
        stage.end(handle.id, .success, files: BackendPromises.files)
        for _ in 0..<2 {
            let target = try empty()
            let files = attempt("collect") { try stage.backend().collect(handle, run: order.runID, into: target) }
            demand(files?.folder == target, "the files lie elsewhere")
            for (name, text) in BackendPromises.files {
                let bytes = try? Files.read("\(target)/\(name)")
                demand(bytes == Array(text.utf8), "\(name) is not what the run left")
            }
        }
        stage.fail(.files, .altered, times: 50)
        let failure = refusal { _ = try stage.backend().collect(handle, run: order.runID, into: try empty()) }
        demand(failure?.category == .verification, "other bytes than were told are \(failure?.code ?? "taken")")
        demand(failure?.retryable == false, "other bytes than were told may be asked for again by a machine")
    }

    private func conclusion() throws {
        for word in [RemoteConclusion.success, .failure, .cancelled, .timedOut] {
            let stage = try makeStage()
            guard let handle = attempt("dispatch", { try stage.backend().dispatch(try order("end"), mayExist: false) })
            else { return }
            let before = attempt("look") { try stage.backend().look(handle).phase }
            demand(
                before == .queued || before == .running,
                "a run that was just sent is \(before.map { "\($0)" } ?? "-")"
            )
            stage.end(handle.id, word, files: nil)
            for _ in 0..<2 {
                let phase = attempt("look") { try stage.backend().look(handle).phase }
                demand(phase == .finished(word), "\(word.word) is seen as \(phase.map { "\($0)" } ?? "an error")")
            }
        }
    }

    // MARK: - What they are made of

    /// The call that makes a request of that kind, with all before it done.
    private func door(_ request: StageRequest, _ stage: any BackendStage) throws -> () throws -> Void {
        let order = try order("door")
        let backend = try stage.backend()
        if request == .dispatch { return { _ = try backend.dispatch(order, mayExist: false) } }
        let handle = try backend.dispatch(order, mayExist: false)
        switch request {
        case .dispatch, .search: return { _ = try backend.find(order) }
        case .status: return { _ = try backend.look(handle) }
        case .cancel: return { _ = try backend.cancel(handle, force: false) }
        case .files:
            stage.end(handle.id, .success, files: BackendPromises.files)
            let target = try empty()
            return { _ = try backend.collect(handle, run: order.runID, into: target) }
        }
    }

    private func order(_ name: String) throws -> DispatchOrder {
        DispatchOrder(
            runID: try RunID(name),
            requestID: Digest256.sha256(of: Array(name.utf8)).hex,
            ref: "main",
            commit: String(repeating: "a", count: 40),
            routeMode: .none,
            checkpoint: "",
            request: "c2VhbGVk",
            createdAt: 1_800_000_000
        )
    }

    private func empty() throws -> String {
        number += 1
        let path = "\(folder)/\(number)"
        try Files.makeFolder(path)
        return path
    }

    private func demand(_ holds: Bool, _ detail: @autoclosure () -> String) {
        if !holds { broken.append(BrokenPromise(promise: promise, detail: detail())) }
    }

    /// What the call gives; where it throws, the promise is broken.
    private func attempt<Value>(_ what: String, _ body: () throws -> Value) -> Value? {
        do { return try body() } catch {
            note(error)
            demand(false, "\(what) fails: \((error as? any Failure)?.message ?? "\(error)")")
            return nil
        }
    }

    /// What the call throws; nil where it does not. An error of no code breaks the promise.
    private func refusal(_ body: () throws -> Void) -> (any Failure)? {
        do {
            try body()
            return nil
        } catch {
            note(error)
            if let failure = error as? any Failure { return failure }
            demand(false, "an error without a code: \(type(of: error))")
            return nil
        }
    }

    private func note(_ error: any Error) {
        errors.append("\(error)")
        if let failure = error as? any Failure { errors.append(failure.message + (failure.hint ?? "")) }
    }

    private func isCode(_ text: String) -> Bool {
        text.count > 3 && text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
    }
}
