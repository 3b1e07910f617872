internal import Crypto
internal import SwarmContracts

enum Keyed {
    /// HMAC-SHA256 (RFC 2104).
    static func digest(_ message: [UInt8], _ key: SymmetricKey) -> Digest256 {
        HMAC<SHA256>.authenticationCode(for: message, using: key).withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return Digest256.zero }
            return Digest256(loading: base)
        }
    }
}
