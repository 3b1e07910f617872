internal import SwarmContracts

/// What the check of a step's database found out.
package struct SanitiseReport: Sendable, Equatable {
    package let journalMode: JournalMode

    package init(journalMode: JournalMode) { self.journalMode = journalMode }
}

extension StateDatabase {
    /// Checks a step's database and writes a compact copy of its logical content to `output`, which must not exist.
    ///
    /// It reads what a stranger wrote, so it belongs into a child process within the sandbox, with a wall-clock limit
    /// of its own: one pass over a very large tree of pages is a single step to SQLite's time limit. Transactions that
    /// wait in a log or journal beside `input` count; that folder must be writable. Throws `.stateUnusable`.
    package static func sanitise(
        input: String,
        output: String,
        timeLimitSeconds: Int
    ) throws(StateFailure) -> SanitiseReport {
        do throws(StateFailure) {
            let database = try Connection(input, .readWrite, patience: 1000)
            try database.distrust(views: false)
            database.limitTime(seconds: timeLimitSeconds)
            // Exclusive: no shared memory is mapped from a file. Secure: no left-over byte gets into the copy.
            try database.execute(
                """
                PRAGMA locking_mode=EXCLUSIVE; PRAGMA secure_delete=ON; PRAGMA synchronous=OFF;
                PRAGMA ignore_check_constraints=ON; PRAGMA wal_autocheckpoint=0;
                """
            )
            // The first read is what rolls a journal back or takes a log up, and only then the mode is known.
            _ = try database.first("SELECT name FROM sqlite_schema LIMIT 1") { $0.text(0) }
            let mode = try database.first("PRAGMA journal_mode") { $0.text(0) } == "wal" ? JournalMode.wal : .rollback
            let words = try database.first("PRAGMA integrity_check(1)") { $0.text(0) } ?? "no answer"
            if words != "ok" { throw StateFailure.stateUnusable(printable(words)) }
            try rehearse(database)
            let copying = try database.prepare("VACUUM main INTO ?").0
            guard let copying else { throw StateFailure.sql(input, reason: "an empty statement") }
            try copying.bind([.text(output)])
            while try copying.step() {}
            return SanitiseReport(journalMode: mode)
        } catch {
            throw unusable(error)
        }
    }

    /// Appends an event and takes it back: the next run has to be able to.
    private static func rehearse(_ database: Connection) throws(StateFailure) {
        try database.run("BEGIN IMMEDIATE")
        let event = StateEvent(eventType: "", runID: "", nodeID: nil, backend: "", routeMode: "", detail: "")
        do throws(StateFailure) {
            try append([event], [("", "")], to: database)
            try database.run("ROLLBACK")
        } catch {
            guard case .sql(_, let reason) = error else { throw error }
            throw .stateUnusable("its tables kv and events take no rows: \(reason)")
        }
    }

    /// `sanitise` as the whole work of a child process: the line to print for the parent.
    package static func sanitiseLine(input: String, output: String, timeLimitSeconds: Int) -> String {
        do throws(StateFailure) {
            let report = try sanitise(input: input, output: output, timeLimitSeconds: timeLimitSeconds)
            return "ok " + report.journalMode.rawValue
        } catch {
            switch error {
            case .stateUnusable(let reason): return "unusable " + reason
            case .diskFull: return "full"
            default: return "failed " + printable(error.message)
            }
        }
    }

    /// Reads that line, which the parent trusts no more than the database. Throws what the child found.
    package static func report(fromLine line: String) throws(StateFailure) -> SanitiseReport {
        let first = line.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
        let words = first.split(separator: " ", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        switch words.first {
        case "ok":
            if let mode = JournalMode(rawValue: rest) { return SanitiseReport(journalMode: mode) }
        case "unusable": throw .stateUnusable(printable(rest))
        case "full": throw .diskFull(path: "the copy of the state database")
        case "failed": throw .sql("the check of the state database", reason: printable(rest))
        default: break
        }
        throw .stateUnusable("its check ended without an answer")
    }

    /// `sanitise` and `finish` within this process: for databases that no step has touched since swarm wrote them.
    package static func normalise(
        input: String,
        output: String,
        timeLimitSeconds: Int = 60
    ) throws(StateFailure) {
        let report = try sanitise(input: input, output: output, timeLimitSeconds: timeLimitSeconds)
        try finish(output, report, limit: UInt64.max)
    }
}
