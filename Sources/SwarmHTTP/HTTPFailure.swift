package import SwarmContracts

/// A request to which no answer came. An answer of any status is none of these.
package enum HTTPFailure: Failure, Equatable {
    /// Not a URL of http or https with a host.
    case badURL(String)
    /// Nobody answers at the host: no such name, refused, no route, no TLS. The request was not processed.
    case unreachable(host: String, reason: String)
    /// The connection broke after the request had been sent: whether it was processed is unknown.
    case broken(host: String, reason: String)
    /// The other side said nothing, or took nothing, for so long: whether the request was processed is unknown.
    case silent(host: String, seconds: Int64)
    case tooLarge(host: String, limit: Int64)
    case cancelled
    /// The file to send or to write.
    case file(String)

    package var code: String {
        switch self {
        case .badURL: "URL_INVALID"
        case .unreachable: "HOST_UNREACHABLE"
        case .broken: "CONNECTION_BROKEN"
        case .silent: "CONNECTION_SILENT"
        case .tooLarge: "ANSWER_TOO_LARGE"
        case .cancelled: "CANCELLED"
        case .file: "SYSTEM_ERROR"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .badURL: .invalidInput
        case .unreachable, .broken, .silent, .tooLarge: .backend
        case .cancelled: .interrupted
        case .file: .system
        }
    }

    package var message: String {
        switch self {
        case .badURL(let url): "'\(url)' is not a URL of http or https"
        case .unreachable(let host, let reason): "\(host) cannot be reached: \(reason)"
        case .broken(let host, let reason): "the connection to \(host) broke: \(reason)"
        case .silent(let host, let seconds): "\(host) was silent for \(seconds) s"
        case .tooLarge(let host, let limit): "\(host) sent more than \(limit) bytes"
        case .cancelled: "the transfer was cancelled"
        case .file(let text): text
        }
    }

    package var hint: String? {
        if case .unreachable = self { "check the network and the address; nothing was changed there" } else { nil }
    }

    package var retryable: Bool {
        switch self {
        case .unreachable, .broken, .silent: true
        case .badURL, .tooLarge, .cancelled, .file: false
        }
    }
}
