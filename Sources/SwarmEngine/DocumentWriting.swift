internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

extension Store {
    /// Writes a node's folder and its run's documents so that both are durable when it returns. Packs are there already, the
    /// index comes after. Nothing bears its name before all of its bytes are on the disk.
    func write(_ documents: NodeDocuments, temporary: TemporaryFolder) throws {
        let batch = DocumentBatch()
        do {
            let isNew = Files.kind(layout.node(documents.id).document) == nil
            let building = NodeFolder(path: "\(temporary.path)/\(documents.id)")
            if isNew {
                try Files.makeFolder(building.path)
                try batch.create(documents.descriptor, at: building.descriptor)
                try batch.create(documents.sealedRoot, at: building.sealedRoot, mode: 0o600)
                if let times = documents.sealedTimes { try batch.create(times, at: building.times, mode: 0o600) }
                try batch.create(documents.node, at: building.document)
                try batch.include(folder: building.path)
            }
            if let run = documents.run { try stage(run, of: documents.identity.runID, in: batch) }
            try batch.sync()
            if isNew { try name(building, documents.id) }
            try batch.name()
            let folders = isNew ? [layout.nodes] : []
            try Files.sync(folders: folders + (documents.run == nil ? [] : [layout.run(documents.identity.runID).path]))
        } catch {
            batch.abandon()
            throw error
        }
    }

    /// Writes the documents of a run that leaves no node, durable when it returns.
    func write(_ documents: RunDocuments, of id: RunID) throws {
        let batch = DocumentBatch()
        do {
            try stage(documents, of: id, in: batch)
            try batch.sync()
            try batch.name()
            try Files.sync(folders: [layout.run(id).path])
        } catch {
            batch.abandon()
            throw error
        }
    }

    /// The result is named last: with it the run's folder is whole.
    private func stage(_ documents: RunDocuments, of id: RunID, in batch: DocumentBatch) throws {
        let folder = layout.run(id)
        try Files.makeFolder(folder.path, mode: 0o700)
        let parts = [
            (folder.policy, documents.policy), (folder.certificate, documents.certificate),
            (folder.nextTokens, documents.nextTokens), (folder.attestation, documents.attestation),
            (folder.result, documents.result),
        ]
        for case (let path, let bytes?) in parts { try batch.stage(bytes, for: path) }
        try batch.include(folder: layout.runs)
    }

    private func name(_ building: NodeFolder, _ id: NodeID) throws {
        let folder = layout.node(id)
        // Another process that makes the same node at the same time writes the same bytes.
        if rename(building.path, folder.path) != 0, Files.kind(folder.document) == nil {
            throw SystemError.last("create", folder.path)
        }
    }
}

/// Files that become durable together, with one wait for the disk, and get their names after that.
private final class DocumentBatch {
    private var open: [Descriptor] = []
    private var staged: [(temporary: String, path: String)] = []

    /// Makes a new file under its own name, in a folder that nobody sees yet.
    func create(_ bytes: [UInt8], at path: String, mode: UInt32 = 0o644) throws(SystemError) {
        let file = try Descriptor.create(path, mode: mode)
        try file.write(bytes)
        open.append(file)
    }

    /// Makes a new file beside `path`, whose name it gets in `name()`.
    func stage(_ bytes: [UInt8], for path: String) throws(SystemError) {
        let temporary = path + ".tmp-" + Hex.encode(Randomness.bytes(8))
        staged.append((temporary, path))
        try create(bytes, at: temporary)
    }

    /// Syncs a folder with the files.
    func include(folder: String) throws(SystemError) {
        open.append(try Descriptor.open(folder, O_RDONLY | O_DIRECTORY))
    }

    func sync() throws(SystemError) {
        try Files.sync(open)
        open = []
    }

    /// Gives the staged files their names, in the order in which they were staged.
    func name() throws(SystemError) {
        while let (temporary, path) = staged.first {
            guard rename(temporary, path) == 0 else { throw .last("write", path) }
            staged.removeFirst()
        }
    }

    /// Removes what has no name of its own yet.
    func abandon() {
        for (temporary, _) in staged { unlink(temporary) }
    }
}
