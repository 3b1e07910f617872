internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SwarmContracts

/// The key file: canonical JSON and a line end. docs/keys.md has the members.
extension Keyring {
    /// The random bytes that wrapping takes: 16 for the salt, 12 for the nonce.
    package static let randomCount = 28

    /// The file's bytes, the secrets in clear: for a file that its owner alone may read.
    package func encode() -> [UInt8] { KeyFile(ring: self, protection: .plain(joined)).encode() }

    /// The file's bytes, the secrets under a passphrase: scrypt (RFC 7914) with N = 2^17, r = 8, p = 1, then AES-256-GCM.
    /// `random` is `randomCount` fresh random bytes. Throws `passphraseRequired` for an empty passphrase. Takes most of a
    /// second and 128 MiB.
    package func encode(passphrase: SecretText, random: [UInt8]) throws(KeyFailure) -> [UInt8] {
        precondition(
            random.count == Keyring.randomCount,
            "a wrapped key file takes \(Keyring.randomCount) random bytes"
        )
        guard !passphrase.isEmpty else { throw .passphraseRequired }
        let (salt, nonce) = (Array(random[..<16]), Array(random[16...]))
        let associated = KeyFile.associated(current.keyID, all.map(\.keyID))
        guard
            let key = KeyFile.wrappingKey(passphrase, salt),
            let gcmNonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.seal(joined, using: key, nonce: gcmNonce, authenticating: associated)
        else { preconditionFailure("scrypt and AES-256-GCM take any passphrase and salt") }
        let ciphertext = Array(box.ciphertext) + Array(box.tag)
        return KeyFile(ring: self, protection: .wrapped(salt: salt, nonce: nonce, ciphertext: ciphertext)).encode()
    }

    /// Reads a key file. The passphrase counts where the file is wrapped alone. Throws `fileMalformed`,
    /// `passphraseRequired` or `passphraseWrong`.
    package init(decoding bytes: [UInt8], passphrase: SecretText?) throws(KeyFailure) {
        let file = try KeyFile(decoding: bytes)
        let secrets = try file.secrets(passphrase)
        guard secrets.count == file.all.count * 32 else {
            throw .fileMalformed("it does not hold 32 bytes for every root")
        }
        var roots: [RootSecret] = []
        for (position, id) in file.all.enumerated() {
            guard let root = RootSecret(bytes: Array(secrets[position * 32..<position * 32 + 32])), root.keyID == id
            else {
                throw .fileMalformed("the secret of \(id) is not its own")
            }
            roots.append(root)
        }
        guard let current = roots.first(where: { $0.keyID == file.current }) else {
            throw .fileMalformed("$.current is not one of $.keys")
        }
        self.init(all: roots, current: current)
    }

    /// What the file says in clear; needs no passphrase. Throws `fileMalformed`.
    package static func summary(of bytes: [UInt8]) throws(KeyFailure) -> KeyringSummary {
        let file = try KeyFile(decoding: bytes)
        return KeyringSummary(current: file.current, all: file.all, isWrapped: file.isWrapped)
    }

    private var joined: [UInt8] { all.flatMap { $0.withBytes { Array($0) } } }
}
