package import SwarmContracts
package import SwarmPlatform

/// What can go wrong with the index and with the agent's own database.
package enum StateFailure: Failure, Equatable {
    /// The file is no SQLite database, or a broken one.
    case damaged(path: String)
    /// The disk is full; the transaction was rolled back.
    case diskFull(path: String)
    /// The file may not be opened or written.
    case permission(path: String)
    /// There is no such file.
    case missing(path: String)
    /// Another process held the database for longer than the time-out.
    case busy(path: String)
    /// Written by a later version of swarm.
    case newer(String, found: Int, known: Int)
    /// A call to the operating system failed.
    case system(SystemError)
    /// A statement of ours was refused: a defect.
    case sql(String, reason: String)
    /// The run has its final status already and cannot get another, or the id was reserved for another run.
    case runFinished(String, status: RunState)
    /// A node with this id is there with other facts.
    case nodeConflict(NodeID)
    /// The state database that a step left cannot be kept; the reason is printable.
    case stateUnusable(String)
    /// A query that is no single reading statement, or that SQLite refused; the reason is printable.
    case queryInvalid(String)
    /// Stopped at its time limit.
    case timeLimit(seconds: Int)

    package var code: String {
        switch self {
        case .damaged: "DATABASE_DAMAGED"
        case .diskFull: "DISK_FULL"
        case .permission: "PERMISSION_DENIED"
        case .missing: "FILE_NOT_FOUND"
        case .busy: "STORE_BUSY"
        case .newer: "STORE_UNSUPPORTED"
        case .system(let error): error.code
        case .sql: "DATABASE_ERROR"
        case .runFinished: "RUN_ID_TAKEN"
        case .nodeConflict: "NODE_CONFLICT"
        case .stateUnusable: "STATE_DB_INVALID"
        case .queryInvalid: "QUERY_INVALID"
        case .timeLimit: "STATE_TIME_LIMIT"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .damaged, .diskFull, .permission, .missing, .busy: .system
        case .system(let error): error.category
        case .sql, .nodeConflict: .defect
        case .newer, .runFinished, .queryInvalid, .timeLimit: .invalidInput
        case .stateUnusable: .step
        }
    }

    package var message: String {
        switch self {
        case .damaged(let path): "\(path) is damaged"
        case .diskFull(let path): "could not write \(path): no space left on the disk"
        case .permission(let path): "could not open or write \(path): permission denied"
        case .missing(let path): "\(path) is missing"
        case .busy(let path): "\(path) is held by another process"
        case .newer(let path, let found, let known):
            "\(path) has format \(found), this version of swarm knows up to \(known)"
        case .system(let error): error.message
        case .sql(let path, let reason): "\(path): \(reason)"
        case .runFinished(let run, let status): "the run id '\(run)' is taken: that run is \(status.rawValue)"
        case .nodeConflict(let id): "\(id) is in the index with other facts"
        case .stateUnusable(let reason): "the step left a state database that cannot be kept: \(reason)"
        case .queryInvalid(let reason): "the query was refused: \(reason)"
        case .timeLimit(let seconds): "stopped at the time limit of \(seconds) s"
        }
    }

    package var hint: String? {
        switch self {
        case .damaged, .missing: "`swarm fsck --rebuild-index` makes the index anew from packs and node folders"
        case .diskFull: "free some space; nothing half-written is named, so the same command may be repeated"
        case .busy: "try again in a moment"
        case .newer: "use the newer swarm that wrote it"
        case .system(let error): error.hint
        case .queryInvalid: "give one SELECT statement"
        case .timeLimit: "ask for less, or allow more time"
        case .permission, .sql, .runFinished, .nodeConflict, .stateUnusable: nil
        }
    }

    package var retryable: Bool {
        switch self {
        case .busy, .diskFull: true
        case .system(let error): error.retryable
        default: false
        }
    }
}

/// Text from a hostile database as it may stand in a message: one line of printable ASCII, at most 200 characters.
func printable(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars.prefix(200) {
        line.unicodeScalars.append(scalar.isASCII && scalar.value >= 32 && scalar.value != 127 ? scalar : "?")
    }
    return line
}
