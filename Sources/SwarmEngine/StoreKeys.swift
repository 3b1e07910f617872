package import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform

/// The public side of a store's key.
package struct StorePublicKey: Sendable {
    package let keyID: String
    package let did: String
    /// The operator's Ed25519 key as a PEM text: what attestations of local runs verify under.
    package let pem: String
    package let recipient: RecipientPublicKey
    package let isWrapped: Bool
}

extension Store {
    /// What others may know of this store's key.
    package var publicKey: StorePublicKey {
        let secret = keyring.current
        let summary = (try? Files.read(layout.rootKeys)).flatMap { try? Keyring.summary(of: $0) }
        return StorePublicKey(
            keyID: secret.keyID.description,
            did: secret.signingKey().publicKey.did,
            pem: secret.signingKey().publicKey.spkiPEM,
            recipient: secret.recipientKey().publicKey,
            isWrapped: summary?.isWrapped ?? false
        )
    }

    /// The recipients that were imported, by their ids.
    package func recipients() throws -> [RecipientPublicKey] {
        guard Files.kind(layout.recipients) == .directory else { return [] }
        return try Files.names(in: layout.recipients).sorted().map { name in
            let text = String(decoding: try Files.read("\(layout.recipients)/\(name)", limit: 1 << 16), as: UTF8.self)
            return try RecipientPublicKey(text: text.trimmed)
        }
    }

    /// The recipient that `--to` names: the id of an imported one, or a file that holds a recipient line.
    package func recipient(_ name: String) throws -> RecipientPublicKey {
        if let known = try recipients().first(where: {
            $0.id == name || ($0.id.hasPrefix(name) && name.utf8.count >= 9)
        }) {
            return known
        }
        guard Files.kind(name) == .regular else {
            throw EngineFailure.recipientInvalid("'\(Name.shown(name))' is neither an imported recipient nor a file")
        }
        return try RecipientPublicKey(
            text: String(decoding: try Files.read(name, limit: 1 << 16), as: UTF8.self).trimmed
        )
    }

    /// Puts a key back into a store. Throws exit 2 where it made none of the store's nodes, and changes nothing then.
    ///
    /// A key file that is damaged, does not open or is another store's gives way; it is kept beside as `root.json.replaced`.
    package static func restoreKey(_ secret: RootSecret, _ layout: StoreLayout, passphrase: SecretText?) throws {
        guard Files.kind(layout.nodes) == .directory else { throw EngineFailure.storeNotFound(layout.root) }
        let wanted = secret.keyID.description
        var found: Set<String> = []
        for name in try Files.names(in: layout.nodes) {
            guard let id = NodeID(name),
                let descriptor = try? BundleDescriptor(reading: Files.read(layout.node(id).descriptor))
            else { continue }
            found.insert(descriptor.identity.keyID)
        }
        guard found.contains(wanted) else {
            throw EngineFailure.keyWrong(
                "its id is \(wanted), and the store's nodes were made under \(found.sorted().joined(separator: ", "))"
            )
        }
        var keyring = Keyring(current: secret)
        if let bytes = try? Files.read(layout.rootKeys) {
            // New nodes must not be made under a key that the store's recovery string says nothing of.
            if let existing = try? Keyring(decoding: bytes, passphrase: passphrase),
                existing.all.contains(where: { found.contains($0.keyID.description) })
            {
                keyring = existing
                keyring.add(secret)
            } else {
                try Files.write(bytes, to: layout.rootKeys + ".replaced", mode: 0o600)
            }
        }
        try Files.makeFolder(layout.keys, mode: 0o700)
        try writeKeys(keyring, layout, passphrase)
    }
}

extension StoreLayout {
    /// Keeps another person's recipient line.
    package func add(_ recipient: RecipientPublicKey) throws {
        try Files.makeFolder(recipients, mode: 0o700)
        try Files.write(Array((recipient.text + "\n").utf8), to: "\(recipients)/\(recipient.id)", mode: 0o600)
    }
}
