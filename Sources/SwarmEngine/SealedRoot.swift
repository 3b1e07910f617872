internal import SwarmCapability
internal import SwarmContracts
internal import SwarmSnapshot

/// Why a sealed root is not the one that a descriptor speaks of.
enum SealedRootDefect: Error {
    /// It does not open under the key, or what it opens to is no root.
    case sealed
    /// It opens to other content than the descriptor commits to.
    case commitments

    var sentence: String {
        switch self {
        case .sealed: "its sealed root does not open"
        case .commitments: "its content is not what its descriptor commits to"
        }
    }
}

extension SnapshotRoot {
    /// Opens a sealed root and holds it to what its descriptor commits to. Bytes below it are not looked at.
    init(opening sealed: [UInt8], of descriptor: BundleDescriptor, with key: ReadKey) throws(SealedRootDefect) {
        guard let plain = try? key.openRoot(sealed, associated: descriptor.identity.associatedData),
            let root = try? SnapshotRoot(decoding: plain)
        else { throw .sealed }
        guard root.isCommitted(to: descriptor, with: key) else { throw .commitments }
        self = root
    }

    /// Whether workspace and state are those that a descriptor commits to.
    func isCommitted(to descriptor: BundleDescriptor, with key: ReadKey) -> Bool {
        key.commitment(.workspace, workspaceFacts) == descriptor.workspaceCommitment
            && key.commitment(.state, stateFacts) == descriptor.stateCommitment
    }
}
