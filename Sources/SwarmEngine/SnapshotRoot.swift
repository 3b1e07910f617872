internal import SwarmContracts
package import SwarmSnapshot

/// What a node holds: the plaintext of its sealed root. Through it every byte of the node's content is named and opened.
///
/// Layout: the byte 1 (version); the workspace's tree reference; the state database's content; the response's content; one byte, 0 or 1, and where it is 1 the tree reference
/// of what was kept of the home folder. References and contents are laid out as `SwarmSnapshot` has them.
package struct SnapshotRoot: Sendable {
    package var workspace: TreeReference
    package var state: Content
    package var response: Content
    package var home: TreeReference?

    static let version: UInt8 = 1

    package init(
        workspace: TreeReference,
        state: Content,
        response: Content,
        home: TreeReference?
    ) {
        self.workspace = workspace
        self.state = state
        self.response = response
        self.home = home
    }

    /// The bytes that are sealed.
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = [SnapshotRoot.version]
        workspace.encode(into: &bytes)
        state.encode(into: &bytes)
        response.encode(into: &bytes)
        bytes.append(home == nil ? 0 : 1)
        home?.encode(into: &bytes)
        return bytes
    }

    /// Reads what `encode` wrote; throws where the bytes are of another version, cut, or followed by more.
    package init(decoding bytes: [UInt8]) throws {
        var reader = ContentDecoder(bytes)
        guard try reader.byte() == SnapshotRoot.version else {
            throw reader.malformed("the version of the sealed root")
        }
        workspace = try TreeReference(from: &reader)
        state = try Content(from: &reader)
        response = try Content(from: &reader)
        home = try reader.byte() == 0 ? nil : try TreeReference(from: &reader)
        try reader.finish()
    }

    /// The plaintext facts of workspace and kept home together, that the descriptor commits to: the workspace's T alone
    /// where nothing was kept.
    var workspaceFacts: Digest256 {
        guard let home else { return workspace.t }
        return Digest256.sha256(of: Array("swarm/v1/workspace+home".utf8) + workspace.t.bytes + home.t.bytes)
    }

    /// The plaintext fact of the state database.
    var stateFacts: Digest256 { state.sha256 }
}
