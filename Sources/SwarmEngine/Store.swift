package import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
package import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// An open store: the run graph of one project, with the keys that open it.
///
/// Any number of processes may have the same store open; what they share is files that are written once and an index in
/// SQLite.
package final class Store: Sendable {
    package let layout: StoreLayout
    package let index: Index
    package let keyring: Keyring
    /// In a worker's throw-away store, the keys of the one step that it runs; they stand in place of the keyring's.
    let grant: StepGrant?

    /// Opens chunks of the store's content.
    let reader: ContentReader

    init(layout: StoreLayout, index: Index, keyring: Keyring, grant: StepGrant? = nil) {
        self.layout = layout
        self.index = index
        self.keyring = keyring
        self.grant = grant
        reader = ContentReader(packs: layout.packs, index: index)
    }

    /// The nearest `.swarm` in `folder` or above it.
    package static func find(from folder: String) throws(EngineFailure) -> StoreLayout {
        var place = Files.absolute(folder)
        while true {
            let candidate = place == "/" ? "/.swarm" : place + "/.swarm"
            if isStore(candidate) { return StoreLayout(root: candidate) }
            if place == "/" { throw .storeNotFound(Files.absolute(folder)) }
            place = Files.parent(of: place)
        }
    }

    /// Whether a folder is a store, though perhaps not a whole one. The user's own configuration may lie in ~/.swarm, which is none.
    static func isStore(_ folder: String) -> Bool {
        Files.kind(folder + "/keys") == .directory || Files.kind(folder + "/nodes") == .directory
    }

    /// Opens a store. `passphrase` is asked only where the key file is wrapped under one. A missing index is rebuilt.
    package static func open(
        _ layout: StoreLayout,
        passphrase: () throws -> SecretText?
    ) throws -> Store {
        guard isStore(layout.root) else { throw EngineFailure.noStoreThere(layout.root) }
        let keyring = try readKeys(layout, passphrase: passphrase)
        if Files.kind(layout.index) == nil {
            try IndexRebuild.run(layout)
        }
        return Store(layout: layout, index: try Index.open(path: layout.index, create: false), keyring: keyring)
    }

    /// Reads the key file.
    static func readKeys(_ layout: StoreLayout, passphrase: () throws -> SecretText?) throws -> Keyring {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(layout.rootKeys, limit: 1 << 20)
        } catch {
            throw EngineFailure.keysMissing("\(layout.rootKeys) (\(SystemError.text(error.number)))")
        }
        do {
            let wrapped = try Keyring.summary(of: bytes).isWrapped
            return try Keyring(decoding: bytes, passphrase: wrapped ? try passphrase() : nil)
        } catch KeyFailure.fileMalformed(let reason) {
            throw KeyFailure.fileMalformed("\(layout.rootKeys): \(reason)")
        }
    }

    /// Makes a store with a root node in `layout.root`, whole or not at all.
    package static func create(
        _ layout: StoreLayout,
        keys: Keyring,
        passphrase: SecretText?
    ) throws -> NodeID {
        if isStore(layout.root) { throw EngineFailure.storeExists(layout.root) }
        let others = (try? Files.names(in: layout.root)) ?? []
        guard others.isEmpty else {
            throw EngineFailure.storePlaceTaken(layout.root, holding: others.sorted().prefix(3).map { Name.shown($0) })
        }
        let building = StoreLayout(root: layout.root + ".new-" + Hex.encode(Randomness.bytes(6)))
        do {
            let node = try build(building, keys, passphrase)
            try move(building.root, to: layout.root)
            try Files.syncFolder(of: layout.root)
            return node
        } catch {
            FolderRemoval.remove(building.root)
            throw error
        }
    }

    private static func build(_ layout: StoreLayout, _ keys: Keyring, _ passphrase: SecretText?) throws -> NodeID {
        try Files.makeFolder(layout.root, mode: 0o700)
        try makeFolders(layout)
        // No `git add` of the project takes a key along.
        try Files.write(Array("*\n".utf8), to: layout.root + "/.gitignore")
        try Files.write(Array("{}\n".utf8), to: layout.config)
        try writeKeys(keys, layout, passphrase)
        // Under the oldest root, so that stores with one history share the node it begins with.
        let first = Keyring(current: keys.all[0])
        let store = Store(layout: layout, index: try Index.open(path: layout.index, create: true), keyring: first)
        defer { store.index.close() }
        return try RootNode.make(in: store)
    }

    static func makeFolders(_ layout: StoreLayout) throws {
        for folder in [layout.keys, layout.packs, layout.nodes, layout.runs, layout.cache, layout.tmp, layout.tokens] {
            try Files.makeFolder(folder, mode: 0o700)
        }
    }

    /// Writes the key file: wrapped where there is a passphrase.
    static func writeKeys(_ keyring: Keyring, _ layout: StoreLayout, _ passphrase: SecretText?) throws {
        guard keyring.all.count <= Keyring.mostRoots else { throw KeyFailure.ringFull }
        let bytes: [UInt8]
        if let passphrase {
            bytes = try keyring.encode(passphrase: passphrase, random: Randomness.bytes(Keyring.randomCount))
        } else {
            bytes = keyring.encode()
        }
        try Files.write(bytes, to: layout.rootKeys, mode: 0o600)
    }

    private static func move(_ from: String, to target: String) throws {
        if rename(from, target) == 0 { return }
        throw errno == EEXIST || errno == ENOTEMPTY
            ? EngineFailure.storeExists(target) : SystemError.last("create", target)
    }

    /// The secret that made a node, by the key id in its descriptor.
    func secret(_ id: String) throws(EngineFailure) -> RootSecret {
        guard let id = KeyID(id), let secret = keyring.root(id) else {
            throw .keyWrong(
                "a node was made under \(id), which is not in the key file",
                hint: EngineFailure.howToBringAKey
            )
        }
        return secret
    }

    /// `read(n)` of a node: from the keyring, or from what a worker was granted.
    func readKey(of identity: StepIdentity) throws(EngineFailure) -> ReadKey {
        guard let grant else { return try keys(of: identity).read }
        guard let key = grant.readKey(of: identity) else {
            throw .keyWrong("this worker was given no key for the node of run '\(identity.runID)'", hint: nil)
        }
        return key
    }

    /// The secret under which new content is named and sealed: the store's own, or the run's where a worker runs it.
    var contentSecret: ContentSecret { grant?.write ?? keyring.current.contentSecret() }

    /// The keys of a node that this store makes or has made.
    func keys(of identity: StepIdentity) throws(EngineFailure) -> NodeKeys {
        try secret(identity.keyID).nodeKeys(
            operation: identity.operation.rawValue,
            name: identity.nameText,
            parent: identity.parentNodeID,
            ratchetStep: identity.ratchetStep
        )
    }
}

extension StepIdentity {
    /// The run id or the label, as the key tree takes it.
    var nameText: String {
        switch name {
        case .runID(let id): id.description
        case .label(let label): label.description
        }
    }
}
