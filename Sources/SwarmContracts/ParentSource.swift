/// Where a worker finds what its step starts from.
package enum ParentSource: Sendable, Hashable {
    /// The repository at a commit, checked out beside the worker: a launch from the store's root.
    case checkout(commit: String)
    /// The bundle that an earlier run on the same backend kept: the backend's id of that run, the artifact's name, and the
    /// SHA-256 of the bundle file where it is known.
    case artifact(run: String, name: String, sha256: Digest256?)
    /// A bundle that anyone who has the URL may fetch; such a URL is a secret for as long as it holds.
    case url(String, sha256: Digest256?)
    /// A bundle at a path that the worker's machine sees.
    case path(String, sha256: Digest256?)

    /// The word that the documents have for it.
    package var kind: String {
        switch self {
        case .checkout: "checkout"
        case .artifact: "artifact"
        case .url: "url"
        case .path: "path"
        }
    }

    /// The SHA-256 that the bundle file must have, where one is known.
    package var fileHash: Digest256? {
        switch self {
        case .checkout: nil
        case .artifact(_, _, let sha256), .url(_, let sha256), .path(_, let sha256): sha256
        }
    }

    init(members: MemberReader) throws(DocumentFailure) {
        let kind = try members.required("kind", .text)
        switch kind {
        case "checkout": self = .checkout(commit: try members.required("commit", .commit))
        case "artifact":
            self = .artifact(
                run: try members.required("run", .text),
                name: try members.required("name", .text),
                sha256: try members.nullable("sha256", .digest)
            )
        case "url": self = .url(try members.required("url", .text), sha256: try members.nullable("sha256", .digest))
        case "path": self = .path(try members.required("path", .text), sha256: try members.nullable("sha256", .digest))
        default: throw members.failure("kind", "\"checkout\", \"artifact\", \"url\" or \"path\"")
        }
    }

    var value: JSONValue {
        switch self {
        case .checkout(let commit): ["kind": .string(kind), "commit": .string(commit)]
        case .artifact(let run, let name, let sha256):
            ["kind": .string(kind), "run": .string(run), "name": .string(name), "sha256": .digest(sha256)]
        case .url(let url, let sha256): ["kind": .string(kind), "url": .string(url), "sha256": .digest(sha256)]
        case .path(let path, let sha256): ["kind": .string(kind), "path": .string(path), "sha256": .digest(sha256)]
        }
    }
}

/// How much of a node a worker puts into its bundle.
package enum BundleForm: String, Sendable, CaseIterable {
    /// Everything that the node reaches: another worker can start from it alone.
    case full
    /// Without what the parent's bundle holds.
    case thin
}
