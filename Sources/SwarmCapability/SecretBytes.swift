internal import Crypto

/// Bytes that must not be seen: no printable form, and the memory is cleared when the last copy goes.
package struct SecretBytes: Redacted, Sendable {
    private let bytes: SymmetricKey

    package init(_ bytes: [UInt8]) { self.bytes = SymmetricKey(data: bytes) }

    /// How many bytes there are.
    package var count: Int { bytes.bitCount / 8 }

    /// Lends the bytes for the length of the call.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes(body)
    }
}

/// A text that must not be seen: a passphrase, a recovery string, the private half of a recipient's key.
package struct SecretText: Redacted, Sendable {
    private let bytes: SecretBytes

    package init(_ text: String) { bytes = SecretBytes(Array(text.utf8)) }

    /// Whether there is no text at all.
    package var isEmpty: Bool { bytes.count == 0 }

    /// Lends the UTF-8 of the text.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { try bytes.withBytes(body) }

    /// Lends the text, for the one place that is to show or store it.
    package func withText<R>(_ body: (String) throws -> R) rethrows -> R {
        try body(bytes.withBytes { String(decoding: $0, as: UTF8.self) })
    }
}
