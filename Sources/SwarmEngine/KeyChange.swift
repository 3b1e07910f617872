package import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform

/// What a restored key file holds.
package struct RestoredKeys: Sendable {
    /// The root of new nodes.
    package let current: String
    /// All roots, oldest first.
    package let all: [String]
    /// Roots that nodes of the store were made under and that are not there: these nodes stay closed.
    package let missing: [String]
}

extension Store {
    /// Adds a fresh root for new nodes; nodes that there are keep theirs. The key file stays wrapped as it was. Gives the ring
    /// with the new root.
    package static func rotateKey(_ layout: StoreLayout, passphrase: () throws -> SecretText?) throws -> Keyring {
        guard isStore(layout.root) else { throw EngineFailure.noStoreThere(layout.root) }
        let lock = try lockKeys(layout)
        defer { lock.release() }
        var given: SecretText?
        var keyring = try readKeys(layout) {
            given = try passphrase()
            return given
        }
        keyring.rotate(to: RootSecret.fresh(from: Randomness.bytes(RootSecret.randomCount)))
        try writeKeys(keyring, layout, given)
        return keyring
    }

    /// Puts keys back into a store. Throws exit 2 where none of them made a node of it, and changes nothing then.
    ///
    /// A key file of this store gets the keys that it lacks, and stays wrapped as it was unless there is a new passphrase:
    /// `existing` asks for that of a wrapped one. Throws exit 2 where that does not open it, unless it is to be replaced. What
    /// is damaged, another store's or replaced is kept beside as `root.json.replaced`, the next as `.replaced-2`, and so on.
    package static func restoreKeys(
        _ given: Keyring,
        _ layout: StoreLayout,
        passphrase: SecretText?,
        replacing: Bool,
        existing: () throws -> SecretText?
    ) throws -> RestoredKeys {
        let used = try keysUsed(layout)
        guard given.all.contains(where: { used.contains($0.keyID.description) }) else {
            throw EngineFailure.keyWrong(
                "its id is \(given.current.keyID), and the store's nodes were made under "
                    + used.sorted().joined(separator: ", "),
                hint: "a store with that key is made by `swarm init --import-key FILE`, where there is none yet"
            )
        }
        try Files.makeFolder(layout.keys, mode: 0o700)
        let lock = try lockKeys(layout)
        defer { lock.release() }
        var keyring = given
        var protection = passphrase
        let bytes = try? Files.read(layout.rootKeys)
        if let bytes, !replacing, let found = try Store.ring(in: bytes, used, existing, passphrase) {
            // New nodes must not be made under a key that the store's recovery strings say nothing of.
            keyring = found.keyring
            keyring.merge(given)
            protection = passphrase ?? found.passphrase
        } else if let bytes {
            try keepReplaced(bytes, layout)
        }
        try writeKeys(keyring, layout, protection)
        let all = keyring.all.map(\.keyID.description)
        return RestoredKeys(
            current: keyring.current.keyID.description,
            all: all,
            missing: used.subtracting(all).sorted()
        )
    }

    /// Keeps a key file beside the one that takes its place. None that was kept before is written over: it may hold the only
    /// copy of a root.
    private static func keepReplaced(_ bytes: [UInt8], _ layout: StoreLayout) throws {
        for number in 1... {
            let path = layout.rootKeys + (number == 1 ? ".replaced" : ".replaced-\(number)")
            if Files.kind(path) == nil {
                return try Files.write(bytes, to: path, mode: 0o600, exclusive: true)
            }
            if (try? Files.read(path)) == bytes { return }
        }
    }

    /// A key file's ring, and the passphrase that opened it.
    private struct OpenedRing {
        let keyring: Keyring
        let passphrase: SecretText?
    }

    /// What a key file holds; nil for one that is damaged or knows none of the roots `used`. A wrapped one is opened with the
    /// passphrase that `existing` gives, else with `new`.
    private static func ring(
        in bytes: [UInt8],
        _ used: Set<String>,
        _ existing: () throws -> SecretText?,
        _ new: SecretText?
    ) throws -> OpenedRing? {
        guard let summary = try? Keyring.summary(of: bytes),
            summary.all.contains(where: { used.contains($0.description) })
        else { return nil }
        var passphrase: SecretText?
        if summary.isWrapped {
            passphrase = try existing()
            if passphrase == nil { passphrase = new }
        }
        do throws(KeyFailure) {
            return OpenedRing(keyring: try Keyring(decoding: bytes, passphrase: passphrase), passphrase: passphrase)
        } catch {
            guard case .fileMalformed = error else { throw error }
            return nil
        }
    }

    /// The ids of the roots under which the store's nodes were made.
    private static func keysUsed(_ layout: StoreLayout) throws -> Set<String> {
        guard Files.kind(layout.nodes) == .directory else { throw EngineFailure.noStoreThere(layout.root) }
        var used: Set<String> = []
        for name in try Files.names(in: layout.nodes) {
            guard let id = NodeID(name),
                let descriptor = try? BundleDescriptor(reading: Files.read(layout.node(id).descriptor))
            else { continue }
            used.insert(descriptor.identity.keyID)
        }
        return used
    }

    /// Two changes at once would lose a root.
    private static func lockKeys(_ layout: StoreLayout) throws -> FileLock {
        try FileLock.exclusive(layout.keys + "/.lock")
    }
}
