internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SwarmContracts

/// The parts of a key file. A checksum over the rest tells damage from a wrong passphrase.
struct KeyFile {
    enum Protection {
        case plain([UInt8])
        case wrapped(salt: [UInt8], nonce: [UInt8], ciphertext: [UInt8])
    }

    static let version = "swarm-keyring-v1"
    private static let largest = 64 << 10
    private static let rounds = 1 << 17
    private static let blockSize = 8
    private static let parallelism = 1

    let current: KeyID
    let all: [KeyID]
    private let protection: Protection

    init(ring: Keyring, protection: Protection) {
        current = ring.current.keyID
        all = ring.all.map(\.keyID)
        self.protection = protection
    }

    var isWrapped: Bool {
        switch protection {
        case .plain: false
        case .wrapped: true
        }
    }

    /// What the ciphertext is bound to: the version, the current root and all roots.
    static func associated(_ current: KeyID, _ all: [KeyID]) -> [UInt8] {
        KeyDerivation.info("keyring", ([current] + all).map { .text($0.description) })
    }

    static func wrappingKey(_ passphrase: SecretText, _ salt: [UInt8]) -> SymmetricKey? {
        passphrase.withBytes { bytes in
            try? KDF.Scrypt.deriveKey(
                from: Array(bytes),
                salt: salt,
                outputByteCount: 32,
                rounds: rounds,
                blockSize: blockSize,
                parallelism: parallelism,
                maxMemory: 256 << 20
            )
        }
    }

    private var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "schema_version": .string(KeyFile.version),
            "current": .string(current.description),
            "keys": .array(all.map { .string($0.description) }),
        ]
        switch protection {
        case .plain(let secrets): members["secrets"] = .string(Base64.encode(secrets, .url))
        case .wrapped(let salt, let nonce, let ciphertext):
            members["wrapped"] = [
                "kdf": "scrypt", "n": .integer(Int64(KeyFile.rounds)), "r": .integer(Int64(KeyFile.blockSize)),
                "p": .integer(Int64(KeyFile.parallelism)), "salt": .string(Base64.encode(salt, .url)),
                "nonce": .string(Base64.encode(nonce, .url)), "ciphertext": .string(Base64.encode(ciphertext, .url)),
            ]
        }
        return members
    }

    func encode() -> [UInt8] {
        var members = members
        let checksum = Digest256.sha256(of: CanonicalJSON.encode(.object(members)))
        members["checksum"] = .string(checksum.description)
        return CanonicalJSON.encode(.object(members)) + [0x0a]
    }

    /// Takes exactly what `encode` gives: what reads differently from how it would be written was altered.
    init(decoding bytes: [UInt8]) throws(KeyFailure) {
        guard bytes.count <= KeyFile.largest else { throw .fileMalformed("it is longer than \(KeyFile.largest) bytes") }
        guard let value = try? JSONParser.parse(bytes) else { throw .fileMalformed("it is not a JSON object") }
        guard value["schema_version"] == .string(KeyFile.version) else {
            throw .fileMalformed("$.schema_version is not \(KeyFile.version)")
        }
        guard let current = value["current"]?.text.flatMap({ KeyID($0) }) else {
            throw .fileMalformed("$.current is not a key id")
        }
        guard let elements = value["keys"]?.elements, (1...Keyring.mostRoots).contains(elements.count) else {
            throw .fileMalformed("$.keys is not a list of 1 to \(Keyring.mostRoots) key ids")
        }
        let all = elements.compactMap { $0.text.flatMap { KeyID($0) } }
        guard all.count == elements.count, Set(all).count == all.count else {
            throw .fileMalformed("$.keys holds what is no key id, or one twice")
        }
        self.current = current
        self.all = all
        protection = try KeyFile.protection(in: value)
        guard encode() == bytes else { throw .fileMalformed("its checksum or its form does not hold") }
    }

    private static func protection(in value: JSONValue) throws(KeyFailure) -> Protection {
        func bytes(_ value: JSONValue?) -> [UInt8]? { value?.text.flatMap { Base64.decode($0, .url) } }
        if let secrets = bytes(value["secrets"]) { return .plain(secrets) }
        guard let wrapped = value["wrapped"], let salt = bytes(wrapped["salt"]), salt.count == 16,
            let nonce = bytes(wrapped["nonce"]), nonce.count == 12,
            let ciphertext = bytes(wrapped["ciphertext"]), ciphertext.count >= 16
        else { throw .fileMalformed("it holds neither $.secrets nor a whole $.wrapped") }
        return .wrapped(salt: salt, nonce: nonce, ciphertext: ciphertext)
    }

    func secrets(_ passphrase: SecretText?) throws(KeyFailure) -> [UInt8] {
        switch protection {
        case .plain(let secrets): return secrets
        case .wrapped(let salt, let nonce, let ciphertext):
            guard let passphrase, !passphrase.isEmpty else { throw .passphraseRequired }
            guard
                let key = KeyFile.wrappingKey(passphrase, salt),
                let box = try? AES.GCM.SealedBox(combined: nonce + ciphertext),
                let secrets = try? AES.GCM.open(box, using: key, authenticating: KeyFile.associated(current, all))
            else { throw .passphraseWrong }
            return Array(secrets)
        }
    }
}
