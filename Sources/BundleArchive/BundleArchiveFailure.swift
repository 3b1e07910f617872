package import SwarmContracts
package import SwarmPlatform

/// Why a bundle file could not be read or written.
///
/// The category is that of input a person gave. Who reads an archive as evidence wraps the error in one of its own.
package enum BundleArchiveFailure: Failure, Equatable {
    /// The bytes are no archive of the one form. `member` is the last name that could be read, where there was one.
    case malformed(file: String, member: String?, reason: String)
    /// A member that has no business in a bundle: its name, its kind, or its place.
    case refused(file: String, member: String, reason: String)
    /// More than the stated limits allow.
    case tooLarge(file: String, what: String, limit: UInt64)
    /// The file ends before the archive does.
    case truncated(file: String)
    /// The writer was used against its rules: names out of order, or a size that was not kept.
    case misuse(member: String, reason: String)
    /// The operating system failed.
    case system(SystemError)

    package var code: String {
        switch self {
        case .malformed: "BUNDLE_MALFORMED"
        case .refused: "BUNDLE_MEMBER_REFUSED"
        case .tooLarge: "BUNDLE_TOO_LARGE"
        case .truncated: "BUNDLE_TRUNCATED"
        case .misuse: "BUNDLE_MEMBER_ORDER"
        case .system(let error): error.code
        }
    }

    package var category: FailureCategory {
        switch self {
        case .malformed, .refused, .tooLarge, .truncated: .invalidInput
        case .misuse: .defect
        case .system(let error): error.category
        }
    }

    package var message: String {
        switch self {
        case .malformed(let file, let member?, let reason): "\(file) is no bundle: at \(member), \(reason)"
        case .malformed(let file, nil, let reason): "\(file) is no bundle: \(reason)"
        case .refused(let file, let member, let reason): "\(file) holds \(member), which no bundle may: \(reason)"
        case .tooLarge(let file, let what, let limit): "\(file) goes beyond the limit of \(limit) for \(what)"
        case .truncated(let file): "\(file) ends in the middle of the archive"
        case .misuse(let member, let reason): "the bundle's member \(member) cannot be written: \(reason)"
        case .system(let error): error.message
        }
    }

    package var hint: String? {
        switch self {
        case .malformed, .refused: "only files that `swarm bundle export` wrote can be read"
        case .tooLarge: nil
        case .truncated: "fetch or export the bundle again"
        case .misuse: nil
        case .system(let error): error.hint
        }
    }

    package var retryable: Bool {
        if case .system(let error) = self { return error.retryable }
        return false
    }
}
