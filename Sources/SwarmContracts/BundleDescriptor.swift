/// `manifest.json` (`swarm-branch-bundle-v2`): names what a node holds, and through the sealed root every byte of it.
///
/// It holds no node id and no certificate, since those name it.
package struct BundleDescriptor: Document, Hashable {
    package static let name = "descriptor"
    static let schemaVersion = "swarm-branch-bundle-v2"

    package let identity: StepIdentity
    /// The keyed commitment to the workspace's plaintext.
    package let workspaceCommitment: Digest256
    /// The keyed commitment to the state database's plaintext.
    package let stateCommitment: Digest256
    /// The SHA-256 of the sealed root's bytes.
    package let rootSHA256: Digest256
    /// What the document says; a verifier compares it with what the commitment makes.
    package let stateID: StateID

    package init(
        identity: StepIdentity,
        workspaceCommitment: Digest256,
        stateCommitment: Digest256,
        rootSHA256: Digest256
    ) {
        self.identity = identity
        self.workspaceCommitment = workspaceCommitment
        self.stateCommitment = stateCommitment
        self.rootSHA256 = rootSHA256
        stateID = StateID(commitment: stateCommitment)
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(BundleDescriptor.schemaVersion))
        identity = try StepIdentity(members: members)
        workspaceCommitment = try members.required("workspace_commitment", .digest)
        stateCommitment = try members.required("state_commitment", .digest)
        rootSHA256 = try members.required("root_sha256", .digest)
        stateID = try members.required("state_id", .stateID)
    }

    package var value: JSONValue {
        var all = identity.members
        all["schema_version"] = .string(BundleDescriptor.schemaVersion)
        all["workspace_commitment"] = .digest(workspaceCommitment)
        all["state_commitment"] = .digest(stateCommitment)
        all["root_sha256"] = .digest(rootSHA256)
        all["state_id"] = .text(of: stateID)
        return .object(all)
    }

    /// The name of the bundle: the SHA-256 of the descriptor's canonical bytes.
    package var bundleSHA256: Digest256 { sha256 }
    package var runID: RunID { identity.runID }
    package var ratchetStep: Int { identity.ratchetStep }

    /// Where the workspace lies in the bundle: `swarm:bundle/<bundle_sha256>#workspace`.
    package var workspaceLocator: String { BundleDescriptor.locator(bundleSHA256, "workspace") }

    /// Where the response lies in the bundle: `swarm:bundle/<bundle_sha256>#response`.
    package var responseLocator: String { BundleDescriptor.locator(bundleSHA256, "response") }

    /// The content name of a part of a bundle.
    static func locator(_ bundle: Digest256, _ part: String) -> String { "swarm:bundle/\(bundle)#\(part)" }
}
