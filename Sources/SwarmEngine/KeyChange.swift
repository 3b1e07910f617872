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
        guard Files.kind(layout.root) == .directory else { throw EngineFailure.storeNotFound(layout.root) }
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
    /// A key file that opens gets the keys that it lacks, and stays wrapped as it was unless there is a new passphrase. One
    /// that is damaged, does not open or is another store's gives way; it is kept beside as `root.json.replaced`. `existing`
    /// asks for the passphrase of a wrapped one.
    package static func restoreKeys(
        _ given: Keyring,
        _ layout: StoreLayout,
        passphrase: SecretText?,
        existing: () throws -> SecretText?
    ) throws -> RestoredKeys {
        let used = try keysUsed(layout)
        guard given.all.contains(where: { used.contains($0.keyID.description) }) else {
            throw EngineFailure.keyWrong(
                "its id is \(given.current.keyID), and the store's nodes were made under "
                    + used.sorted().joined(separator: ", ")
            )
        }
        try Files.makeFolder(layout.keys, mode: 0o700)
        let lock = try lockKeys(layout)
        defer { lock.release() }
        var keyring = given
        var protection = passphrase
        if let bytes = try? Files.read(layout.rootKeys) {
            let isWrapped = (try? Keyring.summary(of: bytes))?.isWrapped == true
            let opener = isWrapped ? try passphrase ?? existing() : nil
            // New nodes must not be made under a key that the store's recovery strings say nothing of.
            if let found = try? Keyring(decoding: bytes, passphrase: opener),
                found.all.contains(where: { used.contains($0.keyID.description) })
            {
                keyring = found
                keyring.merge(given)
                protection = passphrase ?? opener
            } else {
                try Files.write(bytes, to: layout.rootKeys + ".replaced", mode: 0o600)
            }
        }
        try writeKeys(keyring, layout, protection)
        let all = keyring.all.map(\.keyID.description)
        return RestoredKeys(
            current: keyring.current.keyID.description,
            all: all,
            missing: used.subtracting(all).sorted()
        )
    }

    /// The ids of the roots under which the store's nodes were made.
    private static func keysUsed(_ layout: StoreLayout) throws -> Set<String> {
        guard Files.kind(layout.nodes) == .directory else { throw EngineFailure.storeNotFound(layout.root) }
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
