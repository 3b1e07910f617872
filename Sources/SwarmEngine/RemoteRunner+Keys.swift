internal import SwarmBackend
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

/// A run before its dispatch. The private half of its own key is nowhere but here until the backend has it.
package struct PreparedRun: Sendable {
    /// The ledger that the dispatch begins with.
    package let ledger: RemoteLedger
    /// The run's own key, and the same run for the epoch's where the backend takes no other; nil where it has none.
    let own: (key: RecipientKey, fallback: @Sendable () throws -> RemoteLedger)?
}

/// The key of one run: it goes to the backend before the run is sent, and comes away when the run has ended there.
extension RemoteRunner {
    /// Seals a run for a key of its own where there is to be one, else for the epoch's. `order` seals it.
    func prepared(
        _ remote: RemoteRunOptions,
        _ order: @escaping @Sendable (RecipientPublicKey, WorkerKeyScope) throws -> RemoteLedger
    ) throws -> PreparedRun {
        let epoch = remote.epochKey
        guard remote.workerKey == .run, let key = RecipientKey(seed: Randomness.bytes(32)) else {
            return PreparedRun(ledger: try order(epoch, .epoch), own: nil)
        }
        return PreparedRun(ledger: try order(key.publicKey, .run), own: (key, { try order(epoch, .epoch) }))
    }

    /// Writes the ledger of a run whose id is reserved; the backend has the run's key before. Where that cannot be, the run is
    /// sealed for the epoch's key, and says so.
    func begun(_ prepared: PreparedRun) throws -> RemoteLedger {
        var ledger = prepared.ledger
        do {
            if let own = prepared.own,
                case .refused(let why) = try backend.lend(own.key.text, requestID: ledger.order.requestID)
            {
                observer.note(.warning("no key for this run alone: \(why); the key of the epoch serves it"))
                ledger = try own.fallback()
            }
            try store.write(ledger)
        } catch {
            // Nothing was sent: the id is free, and a key that perhaps arrived opens nothing.
            if prepared.own != nil { try? backend.takeBack(requestID: prepared.ledger.order.requestID) }
            try? store.index.removeRun(ledger.order.runID.description)
            throw error
        }
        return ledger
    }

    /// Takes the key of a run away that has ended there. Where that fails the next command does it: no run fails of it.
    func takeKeyBack(_ ledger: inout RemoteLedger, beforeEnd: Bool = false) throws {
        guard ledger.holdsKey, beforeEnd || ledger.next == .collect || ledger.next == .rest else { return }
        do {
            try backend.takeBack(requestID: ledger.order.requestID)
        } catch {
            let reason = (error as? any Failure)?.message ?? "\(error)"
            return observer.note(.warning("the key of \(ledger.order.runID) stays at \(backend.place): \(reason)"))
        }
        ledger.take(.keyTakenBack)
        _ = try record(.keyTakenBack, ledger.order.runID)
    }
}
