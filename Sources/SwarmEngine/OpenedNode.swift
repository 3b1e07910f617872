internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot

/// A node whose public documents have been read and, on demand, whose sealed root has been opened.
package struct OpenedNode: Sendable {
    package let id: NodeID
    package let document: NodeDocument
    package let descriptor: BundleDescriptor
    package let root: SnapshotRoot
    let readKey: ReadKey

    /// The run that made it: `root` for the store's root.
    package var runID: RunID { descriptor.runID }
    package var step: Int { descriptor.ratchetStep }
    package var operation: Operation { descriptor.identity.operation }
}

extension Store {
    /// The public document of a node. Throws exit 5 naming the file that is missing or damaged.
    package func document(_ id: NodeID) throws -> NodeDocument {
        let path = layout.node(id).document
        let document = try NodeReading.document(path) { bytes throws(DocumentFailure) in
            try NodeDocument(reading: bytes)
        }
        guard document.nodeID == id else {
            throw EngineFailure.nodeDamaged(file: path, reason: "it describes \(document.nodeID)")
        }
        return document
    }

    /// The descriptor of a node. Throws exit 5 naming the file that is missing or damaged.
    package func descriptor(_ id: NodeID) throws -> BundleDescriptor {
        try NodeReading.document(layout.node(id).descriptor) { bytes throws(DocumentFailure) in
            try BundleDescriptor(reading: bytes)
        }
    }

    /// Opens a node: reads and checks its documents against each other, and opens its sealed root.
    package func node(_ id: NodeID) throws -> OpenedNode {
        let folder = layout.node(id)
        let document = try document(id)
        let descriptor = try descriptor(id)
        // The node's id binds its document, and that the descriptor's bytes: before a key is looked for.
        guard document.workspace.artifactRef == descriptor.workspaceLocator,
            document.workspace.artifactHash == descriptor.workspaceCommitment,
            document.stateDB.snapshotHash == descriptor.stateCommitment,
            document.parentNodeID == descriptor.identity.parentNodeID
        else {
            throw EngineFailure.nodeDamaged(file: folder.descriptor, reason: "it does not belong to \(folder.document)")
        }
        let sealed = try NodeReading.bytes(folder.sealedRoot, limit: 64 << 20)
        guard Digest256.sha256(of: sealed) == descriptor.rootSHA256 else {
            throw EngineFailure.nodeDamaged(
                file: folder.sealedRoot,
                reason: "its hash is not the one that \(folder.descriptor) names"
            )
        }
        let key = try readKey(of: descriptor.identity)
        let root: SnapshotRoot
        do throws(SealedRootDefect) {
            root = try SnapshotRoot(opening: sealed, of: descriptor, with: key)
        } catch .sealed {
            throw EngineFailure.nodeDamaged(file: folder.sealedRoot, reason: "it does not open under this store's keys")
        } catch .commitments {
            throw EngineFailure.nodeDamaged(file: folder.sealedRoot, reason: "its content is not what was committed to")
        }
        return OpenedNode(id: id, document: document, descriptor: descriptor, root: root, readKey: key)
    }

    /// The times of a node's files, or nil where none are kept or they do not open: times are a convenience, never a
    /// reason to refuse a restore.
    ///
    /// A node with the tree and the times of its parent keeps none of its own, so that a hundred branches that change
    /// nothing do not keep a hundred lists of all files.
    func times(of node: OpenedNode) -> ModificationTimes? {
        var node = node
        while Files.kind(layout.node(node.id).times) == nil {
            guard let id = node.descriptor.identity.parentNodeID, let parent = try? self.node(id),
                parent.root.workspace.t == node.root.workspace.t
            else { return nil }
            node = parent
        }
        guard let sealed = try? Files.read(layout.node(node.id).times, limit: 1 << 30),
            let plain = try? node.readKey.openTimes(sealed, associated: node.descriptor.identity.associatedData)
        else { return nil }
        return try? ModificationTimes(decoding: plain)
    }
}

/// Reading of a node's or run's files, with failures that name the file.
enum NodeReading {
    static func bytes(_ path: String, limit: Int = 16 << 20) throws(EngineFailure) -> [UInt8] {
        do {
            return try Files.read(path, limit: limit)
        } catch {
            if error.code == "FILE_NOT_FOUND" { throw .documentMissing(path) }
            throw .documentDamaged(file: path, reason: SystemError.text(error.number))
        }
    }

    static func document<D>(
        _ path: String,
        _ read: ([UInt8]) throws(DocumentFailure) -> D
    ) throws(EngineFailure) -> D {
        let bytes = try bytes(path)
        do {
            return try read(bytes)
        } catch {
            throw .documentDamaged(file: path, reason: error.message)
        }
    }
}
