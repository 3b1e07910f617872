internal import SwarmContracts
internal import SwarmPlatform

/// What the worker is called with.
struct WorkerArguments: Equatable {
    var keyDescriptor: Int32?
    var requestFile: String?
    var checkout: String?
    var parentBundle: String?
    var out: String?

    static let help = """
        swarm-worker runs one step of a swarm run inside a job, and leaves its documents and its bundle as files.

          swarm-worker --out DIR [--key-fd N] [--request-file FILE] [--checkout DIR] [--parent-bundle FILE]

          --out DIR             where documents/, telemetry.json and bundle.tar go
          --key-fd N            descriptor from which the worker's private key is read;
                                else SWARM_WORKER_KEY_FILE names a file, which is removed
          --request-file FILE   the sealed request; else SWARM_REQUEST
          --checkout DIR        the repository, for a launch from root
          --parent-bundle FILE  the parent's bundle, where the job has fetched it
          --version             prints the version

        SWARM_OPERATOR is the did:key of the operator whose requests it takes, or several with spaces between. Exit codes are swarm's.

        """

    /// Takes the arguments behind the program's name.
    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw WorkerFailure.usage("\(Name.shown(name)) needs a value") }
            switch name {
            case "--key-fd":
                guard let number = Int32(value), number >= 0 else {
                    throw WorkerFailure.usage("--key-fd takes the number of a descriptor")
                }
                keyDescriptor = number
            case "--request-file": requestFile = value
            case "--checkout": checkout = Files.absolute(value)
            case "--parent-bundle": parentBundle = Files.absolute(value)
            case "--out": out = Files.absolute(value)
            default: throw WorkerFailure.usage("\(Name.shown(name)) is no flag of swarm-worker")
            }
        }
    }
}

/// Why a worker did not come to its step.
enum WorkerFailure: Failure, Equatable {
    case usage(String)
    /// A public input says something else than the sealed request; which.
    case inputMismatch(String)
    /// The parent cannot be had; says why.
    case parentUnavailable(String)

    var code: String {
        switch self {
        case .usage: "USAGE"
        case .inputMismatch: "DISPATCH_INPUT_MISMATCH"
        case .parentUnavailable: "WORKER_PARENT_UNAVAILABLE"
        }
    }

    var category: FailureCategory {
        switch self {
        case .usage: .invalidInput
        case .inputMismatch: .policy
        case .parentUnavailable: .backend
        }
    }

    var message: String {
        switch self {
        case .usage(let what): what
        case .inputMismatch(let name): "\(name) is not what the sealed request says"
        case .parentUnavailable(let why): "the parent's bundle cannot be had: \(why)"
        }
    }

    var hint: String? {
        switch self {
        case .usage: "swarm-worker --help"
        case .inputMismatch: "the inputs of the run were changed on the way, or belong to another dispatch"
        case .parentUnavailable: nil
        }
    }
}
