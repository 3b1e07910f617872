/// What is wrong with a recovery string. It never holds a part of the string.
package enum RecoveryStringDefect: Hashable, Sendable {
    /// It does not begin with `swarm1`.
    case prefix
    /// It mixes upper and lower case.
    case mixedCase
    /// The character at this place, counted from 1 without spaces and dashes, is not of the alphabet.
    case foreignCharacter(at: Int)
    /// It has this many characters, spaces and dashes not counted.
    case length(found: Int)
    /// A character is wrong or two changed places.
    case checksum
    /// It is whole, but of a version that this swarm does not know.
    case version
}

extension RootSecret {
    private static let prefix = "swarm"
    static let recoveryLength = 65

    /// The secret as a text to be kept on paper: Bech32m (BIP 350) with the prefix `swarm`, one symbol for the version
    /// (0) and 52 for the 32 bytes, in groups of four.
    package func recoveryString() -> SecretText {
        let symbols = withBytes { [0] + Bech32m.symbols(of: Array($0)) }
        var text = Bech32m.encode(RootSecret.prefix, symbols)
        var grouped = String(text.prefix(6))
        text.removeFirst(6)
        while !text.isEmpty {
            grouped += "-" + text.prefix(4)
            text.removeFirst(min(4, text.count))
        }
        return SecretText(grouped)
    }

    /// Reads a recovery string. Spaces, line ends and dashes count for nothing; it may be all upper case. Any slip of up
    /// to four characters is sure to be found, any other with a chance of 1 to 10^9.
    package init(recoveryString: SecretText) throws(KeyFailure) {
        let given = recoveryString.withText { text in
            text.unicodeScalars.filter { !" \t\r\n-".unicodeScalars.contains($0) }
        }
        guard let root = try RootSecret.read(given) else { throw .recoveryStringInvalid(.version) }
        self = root
    }

    private static func read(_ given: String.UnicodeScalarView) throws(KeyFailure) -> RootSecret? {
        let hasLower = given.contains { ("a"..."z").contains($0) }
        let hasUpper = given.contains { ("A"..."Z").contains($0) }
        guard !(hasLower && hasUpper) else { throw .recoveryStringInvalid(.mixedCase) }
        let lower = given.map { ("A"..."Z").contains($0) ? Unicode.Scalar($0.value + 32) ?? $0 : $0 }
        guard lower.starts(with: (prefix + "1").unicodeScalars) else { throw .recoveryStringInvalid(.prefix) }
        var symbols: [UInt8] = []
        for (position, scalar) in lower.enumerated().dropFirst(prefix.count + 1) {
            guard let symbol = Bech32m.symbol(of: scalar) else {
                throw .recoveryStringInvalid(.foreignCharacter(at: position + 1))
            }
            symbols.append(symbol)
        }
        let length = symbols.count + prefix.count + 1
        guard length == recoveryLength else { throw .recoveryStringInvalid(.length(found: length)) }
        guard Bech32m.holds(prefix, symbols) else { throw .recoveryStringInvalid(.checksum) }
        guard symbols[0] == 0, let bytes = Bech32m.bytes(of: symbols[1..<53]) else { return nil }
        return RootSecret(bytes: bytes)
    }
}
