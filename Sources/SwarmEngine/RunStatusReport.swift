package import SwarmContracts
internal import SwarmPlatform
package import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// A run as `run status` and `log` show it.
package struct RunOverview: Sendable {
    package let row: RunRow
    /// `running`, `interrupted`, or the final status; of a run that a backend carries, its ledger's state.
    package let state: String
    package let summary: JSONValue
    /// How far a backend has come with it; nil for a run of this machine.
    package let remote: RemoteLedger?

    package var exitCode: Int64? { summary["exit_code"]?.integer }
    package var durationMilliseconds: Int64? { summary["duration_ms"]?.integer }
    /// What kind of failure a run that has not succeeded ended with.
    package var failureCategory: FailureCategory {
        let timedOut = EngineFailure.timeLimit(run: row.runID, seconds: 0)
        return summary["error"]?.text == timedOut.code ? timedOut.category : .step
    }
    package var command: String? { summary["command"]?.text ?? remote?.expectation.command }
}

extension Store {
    /// What is known of a run. Throws exit 2 where there is none of that id.
    package func overview(_ id: RunID) throws -> RunOverview {
        guard let row = try index.run(id.description) else { throw try unknownRun(id) }
        return try overview(row)
    }

    /// What is known of a run, from its row.
    package func overview(_ row: RunRow) throws -> RunOverview {
        var state = row.status.rawValue
        let id = try RunID(stored: row.runID)
        let remote = try remoteLedger(id)
        if let remote, !row.status.isFinal {
            state = remote.state.rawValue
        } else if !row.status.isFinal {
            state = try RunLock.isHeld(layout.run(id)) ? "running" : "interrupted"
        }
        let summary = (try? JSONParser.parse(Array(row.summary.utf8), numbers: .all)) ?? .null
        return RunOverview(row: row, state: state, summary: summary, remote: remote)
    }

    /// The open, final result of a run.
    package func result(_ id: RunID) throws -> ResultDocument {
        let path = layout.run(id).result
        return try NodeReading.document(path) { bytes throws(DocumentFailure) in try ResultDocument(reading: bytes) }
    }

    /// Asks a running run to stop: its process gets SIGTERM, which does what Ctrl-C does; one that carries other runs too
    /// gets a word in the run's folder, and they go on. Returns when the run has ended,
    /// or after `timeoutSeconds` with false. Throws exit 2 where it is not running.
    package func cancel(_ id: RunID, timeoutSeconds: Int) throws -> Bool {
        let state = try overview(id).state
        guard state == "running", let owner = try RunLock.owner(layout.run(id)) else {
            throw EngineFailure.runNotRunning(id.description, status: state)
        }
        if owner.isShared {
            try Files.write([], to: layout.run(id).cancelWord, mode: 0o600, sync: false)
        } else if kill(owner.process, SIGTERM) != 0 {
            throw SystemError.last("signal", "process \(owner.process) of run \(id)")
        }
        let deadline = Clock.monotonic() + Int64(timeoutSeconds) * 1_000_000_000
        while Clock.monotonic() < deadline {
            if try !RunLock.isHeld(layout.run(id)) { return true }
            usleep(20_000)
        }
        return false
    }
}
