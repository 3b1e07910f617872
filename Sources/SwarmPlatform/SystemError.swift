package import SwarmContracts

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A call to the operating system that failed.
package struct SystemError: Failure, Equatable {
    /// What was tried, in words: `write`, `create the folder`.
    package let action: String
    /// The file or folder, as a person knows it.
    package let path: String
    /// errno of the call.
    package let number: Int32

    package init(_ action: String, _ path: String, _ number: Int32) {
        self.action = action
        self.path = path
        self.number = number
    }

    /// The error of the call that has just failed.
    package static func last(_ action: String, _ path: String) -> SystemError { SystemError(action, path, errno) }

    package var code: String {
        switch number {
        case ENOSPC, EDQUOT: "DISK_FULL"
        case EACCES, EPERM, EROFS: "PERMISSION_DENIED"
        case ENOENT: "FILE_NOT_FOUND"
        case EMFILE, ENFILE: "TOO_MANY_OPEN_FILES"
        default: "SYSTEM_ERROR"
        }
    }

    package var category: FailureCategory { .system }

    package var message: String { "could not \(action) \(path): \(SystemError.text(number))" }

    package var hint: String? {
        switch number {
        case ENOSPC, EDQUOT: "free some space; nothing half-written is named, so the same command may be repeated"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
        default: nil
        }
    }

    package var retryable: Bool { number == ENOSPC || number == EDQUOT || number == EMFILE || number == ENFILE }

    /// The operating system's words for an errno.
    package static func text(_ number: Int32) -> String {
        guard let words = strerror(number) else { return "error \(number)" }
        return String(cString: words)
    }
}
