internal import ArgumentParser

/// A size on the command line: bytes, or a number with K, M, G or T (of 1024 each).
struct ByteSize: ExpressibleByArgument {
    let bytes: UInt64

    init(bytes: UInt64) { self.bytes = bytes }

    init?(argument: String) {
        var digits = argument.uppercased()[...]
        if digits.hasSuffix("IB") { digits = digits.dropLast(2) }
        var shift: UInt64 = 0
        if let letter = digits.last, let position = "KMGT".firstIndex(of: letter) {
            shift = UInt64("KMGT".distance(from: "KMGT".startIndex, to: position) + 1) * 10
            digits = digits.dropLast()
        }
        guard let number = UInt64(digits), number <= UInt64.max >> shift else { return nil }
        bytes = number << shift
    }

    var defaultValueDescription: String { "10G" }
}

/// A length of time on the command line: a number with d, h, m or s.
struct Age: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
        guard let letter = argument.last, let unit = units[letter], let number = Int64(argument.dropLast()),
            number >= 0,
            number <= 1_000_000
        else { return nil }
        seconds = number * unit
    }
}
