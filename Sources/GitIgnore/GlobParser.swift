/// Cuts a pattern into tokens.
struct GlobParser {
    private let pattern: ArraySlice<UInt8>
    private let slashes: Bool
    private var place: Int
    private var tokens: [Glob.Token] = []

    init(_ pattern: ArraySlice<UInt8>, slashes: Bool) {
        self.pattern = pattern
        self.slashes = slashes
        place = pattern.startIndex
    }

    mutating func parse() -> [Glob.Token]? {
        while let byte = take() {
            switch byte {
            case UInt8(ascii: "?"): tokens.append(.any)
            case UInt8(ascii: "*"): stars()
            case UInt8(ascii: "["):
                guard let set = set() else { return nil }
                tokens.append(.set(set))
            case UInt8(ascii: "\\"):
                guard let escaped = take() else { return nil }
                tokens.append(.byte(escaped))
            default: tokens.append(.byte(byte))
            }
        }
        return tokens
    }

    private mutating func take() -> UInt8? {
        guard place < pattern.endIndex else { return nil }
        defer { place += 1 }
        return pattern[place]
    }

    private func peek(_ distance: Int = 0) -> UInt8? {
        place + distance < pattern.endIndex ? pattern[place + distance] : nil
    }

    // Two stars mean folders only where they fill a part of the path; elsewhere they are one.
    private mutating func stars() {
        let first = place - 1
        while peek() == UInt8(ascii: "*") { place += 1 }
        let atStart = first == pattern.startIndex || pattern[first - 1] == UInt8(ascii: "/")
        let several = place - first > 1
        guard slashes, several, atStart else { return tokens.append(.star) }
        switch (peek(), peek(1)) {
        case (nil, _), (UInt8(ascii: "\\"), UInt8(ascii: "/")): tokens.append(.everything)
        case (UInt8(ascii: "/"), _):
            place += 1
            tokens += [.perhaps, .folders]
        default: tokens.append(.star)
        }
    }

    // The set after its opening bracket; nil where it is malformed, and the pattern with it.
    private mutating func set() -> ByteSet? {
        var set = ByteSet()
        var previous: UInt8?
        let negated = peek() == UInt8(ascii: "!") || peek() == UInt8(ascii: "^")
        if negated { place += 1 }
        var first = true
        while let byte = take() {
            if byte == UInt8(ascii: "]"), !first {
                if negated { set.invert() }
                return set
            }
            first = false
            switch byte {
            case UInt8(ascii: "\\"):
                guard let escaped = take() else { return nil }
                set.insert(escaped)
                previous = escaped
            case UInt8(ascii: "-") where previous != nil && peek() != nil && peek() != UInt8(ascii: "]"):
                guard let low = previous, let high = rangeEnd() else { return nil }
                if low <= high { for value in low...high { set.insert(value) } }
                previous = nil
            case UInt8(ascii: "[") where peek() == UInt8(ascii: ":"):
                guard addClass(to: &set, &previous) else { return nil }
            default:
                set.insert(byte)
                previous = byte
            }
        }
        return nil
    }

    private mutating func rangeEnd() -> UInt8? {
        guard let byte = take() else { return nil }
        return byte == UInt8(ascii: "\\") ? take() : byte
    }

    // `[:name:]`; a `[:` that no `:]` ends is a bracket and a colon like any others.
    private mutating func addClass(to set: inout ByteSet, _ previous: inout UInt8?) -> Bool {
        let start = place + 1
        guard start <= pattern.endIndex, let close = pattern[start...].firstIndex(of: UInt8(ascii: "]")) else {
            return false
        }
        guard close - 1 >= start, pattern[close - 1] == UInt8(ascii: ":") else {
            set.insert(UInt8(ascii: "["))
            previous = UInt8(ascii: "[")
            return true
        }
        let name = String(decoding: pattern[start..<close - 1], as: UTF8.self)
        guard let contains = CharacterClass(rawValue: name)?.contains else { return false }
        for value in UInt8(0)...127 where contains(value) { set.insert(value) }
        previous = nil
        place = close + 1
        return true
    }
}

/// The named classes, over ASCII alone.
enum CharacterClass: String {
    case alnum, alpha, blank, cntrl, digit, graph, lower, print, punct, space, upper, xdigit

    func contains(_ byte: UInt8) -> Bool {
        let lower = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        let upper = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        let digit = UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        let visible = 0x21...0x7e ~= byte
        switch self {
        case .alnum: return lower || upper || digit
        case .alpha: return lower || upper
        case .blank: return byte == 0x20 || byte == 0x09
        case .cntrl: return byte < 0x20 || byte == 0x7f
        case .digit: return digit
        case .graph: return visible
        case .lower: return lower
        case .print: return visible || byte == 0x20
        case .punct: return visible && !lower && !upper && !digit
        case .space: return [0x20, 0x09, 0x0a, 0x0d].contains(byte)
        case .upper: return upper
        case .xdigit:
            return digit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
                || UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte
        }
    }
}
