package import SwarmContracts

/// A remote that does not do what it was asked.
package enum RemoteFailure: Failure, Equatable {
    /// `--remote` or the setting names no remote, and nothing that could become one.
    case addressInvalid(String, why: String)
    case credentialsMissing(remote: String, why: String)
    /// Credentials that the service refuses, or that do not allow the request.
    case denied(remote: String, why: String)
    /// The directory, or the bucket.
    case missing(remote: String, what: String)
    /// An answer that no repetition made better.
    case failed(remote: String, what: String)
    case unreachable(remote: String, why: String)
    /// A service without conditional writes: two pushes could undo each other there.
    case unsafe(remote: String)
    case configuration(file: String, why: String)

    package var code: String {
        switch self {
        case .addressInvalid: "REMOTE_INVALID"
        case .credentialsMissing: "REMOTE_CREDENTIALS_MISSING"
        case .denied: "REMOTE_DENIED"
        case .missing: "REMOTE_MISSING"
        case .failed: "REMOTE_FAILED"
        case .unreachable: "REMOTE_UNREACHABLE"
        case .unsafe: "REMOTE_UNSAFE"
        case .configuration: "REMOTE_CONFIG_INVALID"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .addressInvalid, .credentialsMissing, .configuration, .unsafe: .invalidInput
        case .denied, .missing, .failed, .unreachable: .backend
        }
    }

    package var message: String {
        switch self {
        case .addressInvalid(let text, let why): "'\(text)' names no remote: \(why)"
        case .credentialsMissing(let remote, let why): "there are no credentials for \(remote): \(why)"
        case .denied(let remote, let why): "\(remote) refuses: \(why)"
        case .missing(let remote, let what): "\(remote): \(what)"
        case .failed(let remote, let what): "\(remote): \(what)"
        case .unreachable(let remote, let why): "\(remote) does not answer: \(why)"
        case .unsafe(let remote):
            "\(remote) ignores conditions on writes (If-None-Match): two pushes could undo each other there"
        case .configuration(let file, let why): "\(file): \(why)"
        }
    }

    package var hint: String? {
        switch self {
        case .addressInvalid:
            "give a new or empty directory, a remote, s3://BUCKET/PREFIX, or a name that is set as remote.NAME.url"
        case .credentialsMissing:
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a section of ~/.aws/credentials"
        case .denied: "look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE and what the key may do there"
        case .unreachable, .failed: "the same command goes on where this one stopped"
        case .unsafe: "use a service with conditional writes, or a directory"
        case .missing, .configuration: nil
        }
    }

    package var retryable: Bool {
        switch self {
        case .unreachable, .failed: true
        default: false
        }
    }
}
