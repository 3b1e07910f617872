/// One block of 512 bytes before a member's data (ustar Interchange Format).
struct Header: Equatable {
    static let size = 512

    let name: String
    let bytes: UInt64

    /// Bytes of zeros that fill the last block of data.
    static func padding(after bytes: UInt64) -> Int { Int((512 - bytes % 512) % 512) }

    private enum Field {
        static let name = 0..<100
        static let mode = 100..<108
        static let owner = 108..<116
        static let group = 116..<124
        static let size = 124..<136
        static let time = 136..<148
        static let checksum = 148..<156
        static let kind = 156
        static let link = 157..<257
        static let magic = 257..<265
        static let prefix = 345..<500
    }

    /// The block, in the one form.
    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Header.size)
        func set(_ field: Range<Int>, _ value: String) {
            block.replaceSubrange(field.lowerBound..<field.lowerBound + value.utf8.count, with: value.utf8)
        }
        set(Field.name, name)
        set(Field.mode, "0000644")
        set(Field.owner, "0000000")
        set(Field.group, "0000000")
        set(Field.size, Header.octal(bytes, digits: 11))
        set(Field.time, Header.octal(0, digits: 11))
        block[Field.kind] = UInt8(ascii: "0")
        set(Field.magic, "ustar\u{0}00")
        set(Field.checksum, Header.octal(Header.sum(block[...]), digits: 6) + "\u{0} ")
        return block
    }

    private static func octal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    // The sum of all bytes, those of the checksum itself taken as spaces.
    private static func sum(_ block: ArraySlice<UInt8>) -> UInt64 {
        block.enumerated().reduce(0) { sum, entry in
            sum + UInt64(Field.checksum.contains(entry.offset) ? UInt8(ascii: " ") : entry.element)
        }
    }

    init(name: String, bytes: UInt64) {
        self.name = name
        self.bytes = bytes
    }

    /// What is wrong with a block.
    struct Defect: Error {
        /// The member's name, as far as it could be read.
        let member: String?
        let reason: String
        /// The block is sound, but such a member has no business here.
        let refused: Bool
    }

    /// Reads a block of 512 bytes that is not all zeros. What does not matter to content (mode, owner, time) is not looked
    /// at; everything that could make the name or the data mean something else is refused.
    init(parsing block: ArraySlice<UInt8>) throws(Defect) {
        func field(_ range: Range<Int>) -> ArraySlice<UInt8> {
            block[block.startIndex + range.lowerBound..<block.startIndex + range.upperBound]
        }
        let raw = field(Field.name).prefix { $0 != 0 }
        func defect(_ reason: String, refused: Bool = false) -> Defect {
            Defect(member: raw.isEmpty ? nil : Header.printable(raw), reason: reason, refused: refused)
        }
        guard let stated = Header.number(field(Field.checksum)), stated == Header.sum(block) else {
            throw defect("the checksum of a header is wrong")
        }
        guard Array(field(Field.magic)) == Array("ustar\u{0}00".utf8) else { throw defect("a header is not ustar's") }
        if let reason = Header.objection(to: block[block.startIndex + Field.kind]) {
            throw defect(reason, refused: true)
        }
        guard field(Field.link).allSatisfy({ $0 == 0 }) else { throw defect("it names a link's target", refused: true) }
        guard field(Field.prefix).allSatisfy({ $0 == 0 }) else { throw defect("its name is too long", refused: true) }
        guard field(Field.name).dropFirst(raw.count).allSatisfy({ $0 == 0 }) else {
            throw defect("bytes follow its name")
        }
        guard let size = Header.number(field(Field.size)) else { throw defect("its size is no octal number") }
        name = String(decoding: raw, as: UTF8.self)
        bytes = size
    }

    /// A name for an error's sentence: a stranger chose it, and it must not reach a terminal as anything but letters.
    static func printable(_ name: some Sequence<UInt8>) -> String {
        String(decoding: name.map { 0x20...0x7e ~= $0 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static func objection(to kind: UInt8) -> String? {
        switch kind {
        case UInt8(ascii: "0"), 0: nil
        case UInt8(ascii: "1"), UInt8(ascii: "2"): "it is a link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "it is a device"
        case UInt8(ascii: "5"): "it is a directory"
        case UInt8(ascii: "6"): "it is a pipe"
        case UInt8(ascii: "x"), UInt8(ascii: "g"): "it is an extended header"
        default: "it is of a kind that is not known"
        }
    }

    // Octal digits, then at least one space or NUL (number fields are terminated), and nothing else. The binary form of
    // other tars is not for sizes as small as ours.
    private static func number(_ field: ArraySlice<UInt8>) -> UInt64? {
        let digits = field.prefix { UInt8(ascii: "0")...UInt8(ascii: "7") ~= $0 }
        let rest = field.dropFirst(digits.count)
        guard !digits.isEmpty, !rest.isEmpty, rest.allSatisfy({ $0 == 0 || $0 == UInt8(ascii: " ") }) else {
            return nil
        }
        return digits.reduce(0) { $0 << 3 | UInt64($1 - UInt8(ascii: "0")) }
    }
}
