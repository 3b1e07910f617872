/// Base 58 in Bitcoin's alphabet (multibase `z`), for texts of a key's length.
enum Base58 {
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        let digits = convert(bytes.drop { $0 == 0 }.map { Int($0) }, from: 256, to: 58)
        let zeros = [UInt8](repeating: alphabet[0], count: bytes.prefix { $0 == 0 }.count)
        return String(decoding: zeros + digits.map { alphabet[$0] }, as: UTF8.self)
    }

    /// The bytes, or nil for a character that is not of the alphabet. One value has one text.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var values: [Int] = []
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            values.append(value)
        }
        let zeros = [UInt8](repeating: 0, count: values.prefix { $0 == 0 }.count)
        return zeros + convert(Array(values.drop { $0 == 0 }), from: 58, to: 256).map { UInt8($0) }
    }

    private static func convert(_ digits: [Int], from: Int, to: Int) -> [Int] {
        var result: [Int] = []
        for digit in digits {
            var carry = digit
            for position in result.indices {
                carry += result[position] * from
                result[position] = carry % to
                carry /= to
            }
            while carry > 0 {
                result.append(carry % to)
                carry /= to
            }
        }
        return result.reversed()
    }
}
