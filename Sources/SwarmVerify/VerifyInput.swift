package import SwarmContracts

/// Why what a person typed cannot be compared with anything (exit 2; inside a document the same would be exit 3).
package enum VerifyInputFailure: Failure, Equatable {
    case artifactHash(String)
    case commit(String)

    package var code: String {
        switch self {
        case .artifactHash: "ARTIFACT_HASH_INVALID"
        case .commit: "COMMIT_INVALID"
        }
    }

    package var category: FailureCategory { .invalidInput }

    package var message: String {
        switch self {
        case .artifactHash(let text): "'\(text)' is not an artifact hash: expected sha256: and 64 lower-case hex digits"
        case .commit(let text): "'\(text)' is not a commit: expected 40 lower-case hexadecimal digits"
        }
    }
}

/// The commit that a certificate's workflow must be pinned to.
package struct CommitPin: Hashable, Sendable {
    /// 40 lower-case hexadecimal digits.
    package let hex: String

    /// Takes what a person typed; a shortened commit is none.
    package init(_ typed: String) throws(VerifyInputFailure) {
        guard typed.utf8.count == 40, Hex.decode(typed) != nil else { throw .commit(Name.shown(typed)) }
        hex = typed
    }
}

extension Digest256 {
    /// Takes an artifact hash that a person typed.
    package init(typed: String) throws(VerifyInputFailure) {
        guard let digest = Digest256(typed) else { throw .artifactHash(Name.shown(typed)) }
        self = digest
    }
}
