internal import SwarmContracts

/// The public name of a root secret: `key-` and 16 lower-case hexadecimal digits, derived one way from the secret.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Takes `key-` and 16 lower-case hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 20, text.hasPrefix("key-"), Hex.decode(text.dropFirst(4)) != nil else { return nil }
        description = text
    }

    init(derived bytes: [UInt8]) { description = "key-" + Hex.encode(bytes.prefix(8)) }
}
