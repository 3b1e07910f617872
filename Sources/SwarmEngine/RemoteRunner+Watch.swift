package import SwarmBackend
package import SwarmContracts
internal import SwarmPlatform

/// What became of the wish that a run end.
package enum RemoteCancel: Sendable {
    /// The backend was asked to end it.
    case asked
    /// It had ended before.
    case hadEnded
    /// It was not there: its dispatch had not come to an end, and never will.
    case withdrawn
}

/// Looking after a run there.
extension RemoteRunner {
    /// One look; the ledger learns from it.
    package func look(_ id: RunID) throws -> (RemoteLedger, RemoteStatus?) {
        var ledger = try store.requiredLedger(id)
        try check(ledger)
        guard ledger.next == .look, let handle = ledger.handle else {
            try takeKeyBack(&ledger)
            return (ledger, nil)
        }
        let status = try backend.look(handle)
        observer.note(.status(id, status, since: ledger.order.createdAt))
        let before = ledger.state
        ledger.take(.seen(status.phase))
        if ledger.state != before { ledger = try record(.seen(status.phase), id) ?? ledger }
        try takeKeyBack(&ledger)
        return (ledger, status)
    }

    /// Writes what happened into the ledger as it stands now: another process may have gone further since it was read. Nil
    /// where one is sending or collecting, and will find out by itself.
    func record(_ event: RemoteEvent, _ id: RunID) throws -> RemoteLedger? {
        guard let lock = try FileLock.exclusiveIfFree(store.layout.run(id).ledgerLock) else { return nil }
        defer { lock.release() }
        var ledger = try store.requiredLedger(id)
        ledger.take(event)
        try store.write(ledger)
        return ledger
    }

    /// Waits until the run has ended there. Sends it first where that is not certain. The pace goes from 1 s to `slowest`.
    package func watch(_ id: RunID, slowest: Int64 = 10) throws -> RemoteLedger {
        var ledger = try continueDispatch(id)
        var pace: Int64 = 1
        while ledger.next == .look {
            let before = ledger.state
            ledger = try look(id).0
            guard ledger.next == .look else { break }
            pace = ledger.state == before ? min(pace * 3 / 2 + 1, slowest) : 1
            try pacer.wait(milliseconds: pace * 1000)
        }
        return ledger
    }

    /// Gives the log that has come since the last call with the same cursor.
    package func log(_ id: RunID, _ cursor: inout LogCursor, into body: (String, [UInt8]) throws -> Void) throws {
        let ledger = try continueDispatch(id)
        try check(ledger)
        guard let handle = ledger.handle else { return cursor.isOpen = false }
        try backend.log(handle, &cursor, into: body)
    }

    /// Asks the run to end there; one whose dispatch was begun and that is not there is withdrawn. Throws exit 4 where it
    /// cannot be seen whether it is there.
    package func cancel(_ id: RunID, force: Bool) throws -> RemoteCancel {
        var ledger = try store.requiredLedger(id)
        try check(ledger)
        if case .send = ledger.next {
            ledger = try settle(id)
            guard ledger.next != .rest else {
                try takeKeyBack(&ledger)
                return .withdrawn
            }
        }
        guard let handle = ledger.handle, !ledger.state.isAtRest, ledger.state != .finished else { return .hadEnded }
        let asked = try backend.cancel(handle, force: force)
        // A job that has begun has read its key, and one that has not shall not begin.
        try takeKeyBack(&ledger, beforeEnd: true)
        return asked ? .asked : .hadEnded
    }

    /// Finds the run of a dispatch that was begun, or withdraws it: then nothing sends it any more.
    private func settle(_ id: RunID) throws -> RemoteLedger {
        // Whoever holds it is sending: nobody can say then what is there.
        let lock = try locked(id)
        defer { lock.release() }
        var ledger = try store.requiredLedger(id)
        guard case .send(let mayExist) = ledger.next else { return ledger }
        if mayExist, let handle = try found(ledger) {
            ledger.take(.sent(handle))
            try store.write(ledger)
        } else {
            try withdraw(&ledger)
        }
        return ledger
    }

    private func found(_ ledger: RemoteLedger) throws -> RemoteHandle? {
        do { return try backend.find(ledger.order) } catch let failure as any Failure
            where failure.category == .backend && !(failure is WaitFailure)
        {
            throw RemoteRunFailure.cancelUncertain(
                run: ledger.order.runID.description,
                why: failure.message,
                retryable: failure.retryable
            )
        }
    }
}
