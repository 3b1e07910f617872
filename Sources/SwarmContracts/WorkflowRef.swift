/// Which workflow ran, pinned to a commit: `owner/repo/path@<40 hex>`; of a local run `local/swarm@<40 hex>`.
package struct WorkflowRef: Hashable, Sendable, CustomStringConvertible {
    /// What stands before the `@`.
    package let path: String
    /// 40 lower-case hexadecimal digits.
    package let commit: String

    package var description: String { "\(path)@\(commit)" }

    /// Takes a pinned reference. A branch, a tag or a shortened commit is no pin.
    package init(_ text: String) throws(WorkflowRefError) {
        let shown = Name.shown(text)
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { throw .unpinned(shown) }
        path = String(text[..<at])
        commit = String(text[text.utf8.index(after: at)...])
        guard commit.utf8.count == 40, Hex.decode(commit) != nil else { throw .unpinned(shown) }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }), path.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw .malformed(shown) }
    }
}

/// Why a text is no pinned workflow.
package enum WorkflowRefError: Failure, Equatable {
    /// No full commit after the `@`.
    case unpinned(String)
    /// No `owner/repo/path` before it.
    case malformed(String)

    package var code: String {
        switch self {
        case .unpinned: "WORKFLOW_REF_UNPINNED"
        case .malformed: "WORKFLOW_REF_INVALID"
        }
    }

    package var category: FailureCategory { .invalidInput }

    package var message: String {
        switch self {
        case .unpinned(let text): "the workflow_ref '\(text)' is not pinned to a commit of 40 lower-case hex digits"
        case .malformed(let text): "the workflow_ref '\(text)' names no owner/repo/path before its commit"
        }
    }

    package var hint: String? { "write owner/repo/path@<commit>, with the full commit" }
}
