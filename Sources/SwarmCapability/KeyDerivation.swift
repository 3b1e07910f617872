internal import Crypto

/// HKDF-SHA256 (RFC 5869) as the whole key tree uses it: no salt, and an `info` in which no field can run into the next.
enum KeyDerivation {
    /// One context field.
    enum Field {
        case text(String)
        case bytes([UInt8])
        case number(UInt64)

        var bytes: [UInt8] {
            switch self {
            case .text(let text): Array(text.utf8)
            case .bytes(let bytes): bytes
            case .number(let number): withUnsafeBytes(of: number.bigEndian) { Array($0) }
            }
        }
    }

    /// `"swarm/v1/" + purpose`, then each field behind its length (4 bytes, big-endian).
    static func info(_ purpose: String, _ fields: [Field]) -> [UInt8] {
        var info = Array("swarm/v1/\(purpose)".utf8)
        for field in fields {
            let bytes = field.bytes
            info += withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) }
            info += bytes
        }
        return info
    }

    /// A key of 32 bytes for one purpose and context.
    static func derive(_ secret: SymmetricKey, _ purpose: String, _ fields: [Field] = []) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: secret, info: info(purpose, fields), outputByteCount: 32)
    }

    /// A secret from which many keys come, with all done that purpose and context do not touch: the extraction, and the
    /// blocks of HMAC that take in its key.
    struct Source: Sendable {
        private let keyed: HMAC<SHA256>

        init(_ secret: SymmetricKey) {
            keyed = HMAC(key: SymmetricKey(data: HKDF<SHA256>.extract(inputKeyMaterial: secret, salt: [UInt8]())))
        }

        /// What `derive` gives of the secret: `HMAC(PRK, info 01)`, for a key is no longer than a hash (RFC 5869, 2.3).
        func derive(_ purpose: String, _ fields: [Field] = []) -> HMAC<SHA256>.MAC {
            var mac = keyed
            mac.update(data: KeyDerivation.info(purpose, fields) + [1])
            return mac.finalize()
        }
    }
}
