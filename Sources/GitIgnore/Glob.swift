/// A pattern of gitignore(5) made ready, with the meaning that git's own matcher gives it.
///
/// It is matched by following all states at once, in time linear in pattern times text: a pattern that a stranger wrote
/// cannot make a walk hang.
struct Glob: Sendable {
    enum Token: Sendable {
        case byte(UInt8)
        /// `?`: any byte but a slash.
        case any
        /// `[...]`: a byte of a set; never a slash where slashes part the path.
        case set(ByteSet)
        /// `*`: any bytes without a slash.
        case star
        /// `**` at the end, or before an escaped slash: any bytes at all.
        case everything
        /// Nothing, or what the next token stands for: the door of `**/`.
        case perhaps
        /// The inside of `**/`: any bytes up to a slash.
        case folders
    }

    private let tokens: [Token]

    /// Nil where the pattern can never match: a set that is not closed, an unknown class, a lone backslash at the end.
    init?(_ pattern: ArraySlice<UInt8>, slashes: Bool) {
        var parser = GlobParser(pattern, slashes: slashes)
        guard let tokens = parser.parse() else { return nil }
        self.tokens = tokens
    }

    func matches(_ text: ArraySlice<UInt8>) -> Bool {
        var states = [Bool](repeating: false, count: tokens.count + 1)
        var next = states
        states[0] = true
        spread(&states)
        for byte in text {
            var alive = false
            for place in tokens.indices where states[place] {
                let (stays, moves) = step(tokens[place], byte)
                if stays { next[place] = true }
                if moves { next[place + 1] = true }
                alive = alive || stays || moves
            }
            guard alive else { return false }
            spread(&next)
            swap(&states, &next)
            for place in next.indices { next[place] = false }
        }
        return states[tokens.count]
    }

    // Tokens that may stand for nothing let the place after them be reached at once.
    private func spread(_ states: inout [Bool]) {
        for place in tokens.indices where states[place] {
            switch tokens[place] {
            case .star, .everything: states[place + 1] = true
            case .perhaps:
                states[place + 1] = true
                states[place + 2] = true
            case .byte, .any, .set, .folders: break
            }
        }
    }

    private func step(_ token: Token, _ byte: UInt8) -> (stays: Bool, moves: Bool) {
        let slash = byte == UInt8(ascii: "/")
        switch token {
        case .byte(let wanted): return (false, byte == wanted)
        case .any: return (false, !slash)
        case .set(let set): return (false, !slash && set.contains(byte))
        case .star: return (!slash, false)
        case .everything: return (true, false)
        case .perhaps: return (false, false)
        case .folders: return (true, slash)
        }
    }
}

/// A set of byte values.
struct ByteSet: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: return words.0 & bit != 0
        case 1: return words.1 & bit != 0
        case 2: return words.2 & bit != 0
        default: return words.3 & bit != 0
        }
    }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func invert() { words = (~words.0, ~words.1, ~words.2, ~words.3) }
}
