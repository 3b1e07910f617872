/// Bech32m (BIP 350): base 32 in an alphabet without `1`, `b`, `i` and `o`, with a checksum of six symbols.
enum Bech32m {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".unicodeScalars)
    private static let generators: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    private static let constant: UInt32 = 0x2bc8_30a3

    /// The prefix, `1`, the symbols and the checksum.
    static func encode(_ prefix: String, _ symbols: [UInt8]) -> String {
        let remainder = polymod(expanded(prefix) + symbols + [UInt8](repeating: 0, count: 6)) ^ constant
        let checksum = (0..<6).map { UInt8(remainder >> UInt32(5 * (5 - $0)) & 31) }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: (symbols + checksum).map { alphabet[Int($0)] })
        return prefix + "1" + String(text)
    }

    /// Whether the last six symbols are the checksum of the prefix and the rest.
    static func holds(_ prefix: String, _ symbols: [UInt8]) -> Bool { polymod(expanded(prefix) + symbols) == constant }

    /// The value of a lower-case character, nil for one that is not of the alphabet.
    static func symbol(of scalar: Unicode.Scalar) -> UInt8? { alphabet.firstIndex(of: scalar).map { UInt8($0) } }

    /// The bytes in groups of five bits, the last filled with zeros.
    static func symbols(of bytes: [UInt8]) -> [UInt8] {
        var symbols: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                symbols.append(UInt8(buffer >> bits & 31))
            }
        }
        if bits > 0 { symbols.append(UInt8(buffer << (5 - bits) & 31)) }
        return symbols
    }

    /// The bytes of the symbols; nil where the bits that fill the last are not zero or are as many as a symbol.
    static func bytes(of symbols: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for symbol in symbols {
            buffer = buffer << 5 | UInt32(symbol)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(buffer >> bits & 255))
            }
        }
        guard bits < 5, buffer & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }

    private static func expanded(_ prefix: String) -> [UInt8] {
        prefix.utf8.map { $0 >> 5 } + [0] + prefix.utf8.map { $0 & 31 }
    }

    private static func polymod(_ values: [UInt8]) -> UInt32 {
        var sum: UInt32 = 1
        for value in values {
            let top = sum >> 25
            sum = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
            for (bit, generator) in generators.enumerated() where top >> UInt32(bit) & 1 == 1 { sum ^= generator }
        }
        return sum
    }
}
