package import SwarmContracts

/// What can go wrong in the run graph and its life cycle.
package enum EngineFailure: Failure, Equatable {
    case storeNotFound(String)
    case storeExists(String)
    case storeUnsupported(String)
    case keysMissing(String)
    case keyWrong(String, hint: String?)
    /// `meant` are references that somebody who mistyped this one may have meant.
    case nodeUnknown(String, candidates: [String], meant: [String] = [])
    /// Documents that are no store's hold no node of that name.
    case nodeNotAmong(String, candidates: [String])
    case nodeAmbiguous(String, candidates: [String])
    case nodeWithoutParent(String)
    case runWithoutNode(String, status: String)
    case runUnknown(String, candidates: [String], meant: [String])
    case runIDTaken(String, status: String)
    case runIDRunning(String)
    case runIDOtherRequest(String, status: String)
    case runNotRunning(String, status: String)
    case runNotInterrupted(String, status: String)
    case labelTaken(String)
    case labelReserved(String)
    case noSuccess
    case noCommand
    case optionInvalid(flag: String, why: String)
    case keepNeedsSandbox
    case noStoreThere(String)
    case storePlaceTaken(String, holding: [String])
    case workspaceMissing(String)
    case nodeDamaged(file: String, reason: String)
    case contentDamaged(node: String, path: String, reason: String)
    case documentMissing(String)
    case documentDamaged(file: String, reason: String)
    case stepFailed(run: String, exitCode: Int, what: String)
    case stepCancelled(run: String, signal: Int)
    case timeLimit(run: String, seconds: Int)
    case stateDatabaseInvalid(String)
    case stateCheckUnavailable(Int)
    case loginBlocked(String)
    case routeUnavailable(String)
    case backendUnavailable(String)
    case policyUnenforceable(item: String, why: String)
    case policyRefused(item: String, why: String)
    case targetNotEmpty(String)
    /// `flag` is empty where the path alone says which is meant.
    case pathInvalid(flag: String, path: String, why: String)
    case importConflict(String)
    case importUntrusted(String)
    case tokenReplayed(run: String)
    case tokenUnknownNode(String)
    case recipientInvalid(String)
    case queryNeedsSingleStatement
    case nothingToApply(String)
    case gitUnavailable(String)
    case shared(code: String, category: FailureCategory, message: String, hint: String?)
}

extension EngineFailure {
    package var code: String {
        switch self {
        case .storeNotFound: "STORE_NOT_FOUND"
        case .storeExists: "STORE_EXISTS"
        case .storeUnsupported: "STORE_UNSUPPORTED"
        case .keysMissing: "KEYS_MISSING"
        case .keyWrong: "KEY_WRONG"
        case .nodeUnknown, .nodeNotAmong, .nodeWithoutParent, .runWithoutNode: "NODE_UNKNOWN"
        case .nodeAmbiguous: "NODE_AMBIGUOUS"
        case .runUnknown: "RUN_UNKNOWN"
        case .runIDTaken, .runIDOtherRequest: "RUN_ID_TAKEN"
        case .runIDRunning: "RUN_ID_RUNNING"
        case .runNotRunning: "RUN_NOT_RUNNING"
        case .runNotInterrupted: "RUN_NOT_INTERRUPTED"
        case .labelTaken: "LABEL_TAKEN"
        case .labelReserved: "LABEL_RESERVED"
        case .noSuccess: "NO_SUCCESSFUL_RUN"
        case .noCommand: "STEP_MISSING"
        case .optionInvalid: "USAGE"
        case .keepNeedsSandbox: "POLICY_UNENFORCEABLE"
        case .noStoreThere: "STORE_NOT_FOUND"
        case .storePlaceTaken: "TARGET_NOT_EMPTY"
        case .workspaceMissing: "WORKSPACE_MISSING"
        case .nodeDamaged: "NODE_DAMAGED"
        case .contentDamaged: "CONTENT_DAMAGED"
        case .documentMissing: "DOCUMENT_MISSING"
        case .documentDamaged: "DOCUMENT_DAMAGED"
        case .stepFailed: "STEP_FAILED"
        case .stepCancelled: "RUN_CANCELLED"
        case .timeLimit: "RUN_TIME_LIMIT"
        case .stateDatabaseInvalid: "STATE_DB_INVALID"
        case .stateCheckUnavailable: "STATE_CHECK_UNAVAILABLE"
        case .loginBlocked: "LOGIN_BLOCKED"
        case .routeUnavailable: "ROUTE_UNAVAILABLE"
        case .backendUnavailable: "BACKEND_UNAVAILABLE"
        case .policyUnenforceable: "POLICY_UNENFORCEABLE"
        case .policyRefused: "POLICY_VIOLATION"
        case .targetNotEmpty: "TARGET_NOT_EMPTY"
        case .pathInvalid: "PATH_INVALID"
        case .importConflict: "BUNDLE_CONFLICT"
        case .importUntrusted: "BUNDLE_UNTRUSTED"
        case .tokenReplayed: "STATE_CAP_REPLAYED"
        case .tokenUnknownNode: "STATE_CAP_WRONG_NODE"
        case .recipientInvalid: "RECIPIENT_INVALID"
        case .queryNeedsSingleStatement: "QUERY_INVALID"
        case .nothingToApply: "NOTHING_TO_APPLY"
        case .gitUnavailable: "GIT_UNAVAILABLE"
        case .shared(let code, _, _, _): code
        }
    }

    package var category: FailureCategory {
        switch self {
        case .storeNotFound, .storeExists, .storeUnsupported, .keyWrong, .nodeUnknown, .nodeNotAmong, .nodeAmbiguous,
            .nodeWithoutParent, .runWithoutNode, .runUnknown, .runIDTaken, .runIDRunning, .runIDOtherRequest,
            .runNotRunning, .runNotInterrupted, .labelTaken,
            .labelReserved,
            .noSuccess, .noCommand, .workspaceMissing, .backendUnavailable, .targetNotEmpty, .pathInvalid,
            .optionInvalid, .noStoreThere, .storePlaceTaken, .loginBlocked, .recipientInvalid,
            .queryNeedsSingleStatement, .nothingToApply:
            .invalidInput
        case .keysMissing, .gitUnavailable, .stateCheckUnavailable: .system
        case .nodeDamaged, .contentDamaged, .documentMissing, .documentDamaged: .restore
        case .stepFailed, .stateDatabaseInvalid: .step
        case .stepCancelled: .interrupted
        case .timeLimit, .routeUnavailable, .policyUnenforceable, .policyRefused, .keepNeedsSandbox,
            .tokenReplayed, .tokenUnknownNode:
            .policy
        case .importConflict, .importUntrusted: .verification
        case .shared(_, let category, _, _): category
        }
    }

    package var message: String {
        switch self {
        case .storeNotFound(let place): "no .swarm store in \(place) or any folder above it"
        case .storeExists(let path): "\(path) is a store already"
        case .storeUnsupported(let why): "this store cannot be used by this version of swarm: \(why)"
        case .keysMissing(let path): "the key file \(path) cannot be read"
        case .keyWrong(let why, _): "this key does not belong to the store: \(why)"
        case .nodeUnknown(let reference, let candidates, let meant):
            "no node is named '\(reference)'" + EngineFailure.suggest(meant, candidates)
        case .nodeNotAmong(let reference, let candidates):
            "no node is named '\(reference)'" + EngineFailure.list(candidates, "there are")
        case .nodeAmbiguous(let reference, let candidates):
            "'\(reference)' names more than one node" + EngineFailure.list(candidates, "candidates")
        case .nodeWithoutParent(let reference): "\(reference) has no parent: it is where the history begins"
        case .runWithoutNode(let id, let status): "the run '\(id)' has no node: it is \(status)"
        case .runUnknown(let id, let candidates, let meant):
            "no run has the id '\(id)'" + EngineFailure.suggest(meant, candidates)
        case .runIDTaken(let id, let status): "the run id '\(id)' is taken: that run is \(status)"
        case .runIDRunning(let id): "the run '\(id)' is running"
        case .runIDOtherRequest(let id, let status):
            "the run id '\(id)' is taken by another request: that run is \(status)"
        case .runNotRunning(let id, let status): "the run '\(id)' is not running: it is \(status)"
        case .runNotInterrupted(let id, let status): "the run '\(id)' left nothing to recover: it is \(status)"
        case .labelTaken(let label): "there is a branch '\(label)' already"
        case .labelReserved(let label): "the label '\(label)' is swarm's own"
        case .noSuccess: "no run has succeeded in this store yet"
        case .noCommand: "no step was given"
        case .optionInvalid(let flag, let why): "\(flag): \(why)"
        case .keepNeedsSandbox: "what the policy keeps of HOME cannot be kept: \(EngineFailure.ownHome)"
        case .noStoreThere(let path): "\(path) is no swarm store"
        case .storePlaceTaken(let path, let names):
            "\(path) is no store but holds other files (\(names.joined(separator: ", "))), and a store has its folder to itself"
        case .workspaceMissing(let path): "--workspace: \(path) is no directory"
        case .nodeDamaged(let file, let reason): "\(file): \(reason)"
        case .contentDamaged(let node, let path, let reason): "\(path) of \(node) cannot be restored: \(reason)"
        case .documentMissing(let file): "\(file) is missing"
        case .documentDamaged(let file, let reason): "\(file): \(reason)"
        case .stepFailed(let run, let exitCode, let what):
            what.isEmpty
                ? "the step of run '\(run)' ended with exit code \(exitCode)" : "the step of run '\(run)' \(what)"
        case .stepCancelled(let run, _): "the run '\(run)' was cancelled"
        case .timeLimit(let run, let seconds): "the step of run '\(run)' was stopped at its time limit of \(seconds) s"
        case .stateDatabaseInvalid(let why): "the step left a state database that cannot be kept: \(why)"
        case .stateCheckUnavailable(let code):
            "the step's state database could not be checked: the checker did not start (exit code \(code))"
        case .loginBlocked(let path):
            "the login files cannot be put into the run's home: \(path) is a link there, or not what they need"
        case .routeUnavailable(let mode): "route mode '\(mode)' is not available in this version"
        case .backendUnavailable(let name): "backend '\(name)' is not available in this version"
        case .policyUnenforceable(let item, let why): "the policy's \(item) cannot be enforced here: \(why)"
        case .policyRefused(let item, let why): "the policy does not allow \(item): \(why)"
        case .targetNotEmpty(let path): "\(path) exists and is not an empty directory"
        case .pathInvalid(let flag, let path, let why): "\(flag.isEmpty ? path : "\(flag) \(path)"): \(why)"
        case .importConflict(let what): "the bundle was not imported: \(what)"
        case .importUntrusted(let what): "the bundle does not hold: \(what)"
        case .tokenReplayed(let run): "this state_cap was used before, by run '\(run)'"
        case .tokenUnknownNode(let node): "this state_cap is for \(node), which is not in this store"
        case .recipientInvalid(let why): "the recipient cannot be used: \(why)"
        case .queryNeedsSingleStatement: "give exactly one SQL statement"
        case .nothingToApply(let node): "\(node) has no import among its ancestors to compare with"
        case .gitUnavailable(let why): "git could not be used: \(why)"
        case .shared(_, _, let message, _): message
        }
    }

    package var hint: String? {
        switch self {
        case .storeNotFound, .noStoreThere:
            "run `swarm init` in the project directory, or name a store with --store DIR"
        case .storePlaceTaken: "make it elsewhere: `swarm init --store DIR`, and name it with --store or SWARM_STORE"
        case .keepNeedsSandbox: "leave --sandbox none out, or start from a node that keeps nothing"
        case .storeExists: "use it, or remove it first if nothing in it is needed"
        case .keysMissing: "restore it with `swarm key import FILE` from the recovery string"
        case .keyWrong(_, let hint): hint
        case .nodeUnknown: "`swarm log` lists the nodes"
        case .nodeNotAmong: "name run:<run id>, a node id, or four or more of its first characters"
        case .nodeAmbiguous: "give more characters"
        case .nodeWithoutParent: nil
        case .runWithoutNode(let id, let status):
            switch status {
            case "running": "`swarm run watch --run-id \(id)` waits until it has ended"
            case "interrupted": "`swarm run recover --run-id \(id)` makes a node of what it left"
            default: "`swarm run status --run-id \(id)` shows how it stands"
            }
        case .runUnknown: "`swarm log` lists the runs"
        case .runIDTaken, .runIDOtherRequest: "choose another --run-id, or leave it out and one is made up"
        case .runIDRunning: "`swarm run status --run-id ID` shows it, `swarm run cancel --run-id ID` stops it"
        case .noSuccess: "`swarm run launch -- CMD` makes the first node"
        case .noCommand: "put it behind --, as in `swarm run launch -- make test`, or give --agent-step 'CMD'"
        case .nodeDamaged, .contentDamaged, .documentMissing, .documentDamaged:
            "`swarm fsck` lists all that is damaged; everything else stays usable"
        case .stepFailed(let run, _, _): "`swarm run logs --run-id \(run)` shows its output"
        case .stateCheckUnavailable: "the step's files are kept: `swarm run recover --run-id ID` takes them in"
        case .loginBlocked: "let a step without --login remove it, or start from another node"
        case .timeLimit: "raise it with --timeout-secs N"
        case .routeUnavailable: "use --route-mode direct or none"
        case .backendUnavailable: "use --backend local"
        case .policyUnenforceable(let item, _): "take it out of the policy, or list \"\(item)\" under \"advisory\""
        case .targetNotEmpty: "name a new directory"
        case .labelTaken: "choose another --label"
        case .tokenReplayed: "ask the operator for a new one: `swarm state grant`"
        case .shared(_, _, _, let hint): hint
        default: nil
        }
    }

    /// How nodes of a key that this store lacks can be opened: a store knows keys of its own history alone.
    static let howToBringAKey =
        "a key of this store comes back with `swarm key import FILE`; another store's needs a store made with it: "
        + "remove this one if it is new, and `swarm init --import-key FILE`"

    /// What was meant where that can be guessed, else some of what there is.
    private static func suggest(_ meant: [String], _ candidates: [String]) -> String {
        guard let last = meant.last else { return list(candidates, "there are") }
        let others = meant.dropLast().joined(separator: ", ")
        return "; did you mean \(others.isEmpty ? "" : others + " or ")\(last)?"
    }

    /// Why nothing of the home can be kept without a sandbox.
    static let ownHome = "with --sandbox none the step has the account's own home"

    private static func list(_ candidates: [String], _ word: String) -> String {
        candidates.isEmpty ? "" : "; \(word): " + candidates.prefix(10).joined(separator: ", ")
    }
}
