package import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform

/// The public side of a store's key.
package struct StorePublicKey: Sendable {
    /// Of the root whose public side this is.
    package let keyID: String
    package let did: String
    /// The operator's Ed25519 key as a PEM text: what attestations of local runs verify under.
    package let pem: String
    package let recipient: RecipientPublicKey
    package let isWrapped: Bool
}

extension Store {
    /// What others may know of the root for new nodes.
    package var publicKey: StorePublicKey { publicKey(of: keyring.current) }

    /// The same of any root of the store. Throws exit 2 where it has none of that id.
    package func publicKey(_ id: String) throws -> StorePublicKey {
        guard let secret = KeyID(id).flatMap({ keyring.root($0) }) else {
            throw EngineFailure.keyWrong(
                "'\(Name.shown(id))' is not in the key file",
                hint: "`swarm key show` lists the keys that are"
            )
        }
        return publicKey(of: secret)
    }

    private func publicKey(of secret: RootSecret) -> StorePublicKey {
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
}

extension StoreLayout {
    /// Keeps another person's recipient line.
    package func add(_ recipient: RecipientPublicKey) throws {
        try Files.makeFolder(recipients, mode: 0o700)
        try Files.write(Array((recipient.text + "\n").utf8), to: "\(recipients)/\(recipient.id)", mode: 0o600)
    }
}
