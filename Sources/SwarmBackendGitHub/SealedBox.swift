internal import CSodium
internal import SwarmCapability

/// libsodium's sealed box (crypto_box_seal), in which GitHub takes secrets.
enum SealedBox {
    /// Seals a secret for a public key of 32 bytes; nil where the key is none.
    static func seal(_ secret: SecretText, to key: [UInt8]) -> [UInt8]? {
        guard sodium_init() >= 0, key.count == crypto_box_publickeybytes() else { return nil }
        return secret.withBytes { message in
            var sealed = [UInt8](repeating: 0, count: message.count + crypto_box_sealbytes())
            let text = message.bindMemory(to: UInt8.self)
            let result = crypto_box_seal(&sealed, text.baseAddress, UInt64(text.count), key)
            return result == 0 ? sealed : nil
        }
    }
}
