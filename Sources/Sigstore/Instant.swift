/// A point on the UTC time line with nanoseconds, free of any clock and calendar library.
public struct Instant: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let seconds: Int64
    /// Nanoseconds behind the whole second, 0 to 999,999,999.
    public let nanoseconds: Int32

    /// The instant `seconds` after the Unix epoch.
    public init(seconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = 0
    }

    /// The instant `milliseconds` after the Unix epoch.
    public init(milliseconds: UInt64) {
        self.seconds = Int64(milliseconds / 1000)
        self.nanoseconds = Int32(milliseconds % 1000) * 1_000_000
    }

    /// The instant of an RFC 3339 timestamp, as in the protobuf JSON mapping; nil for anything else.
    /// Fractions of at most nine digits and numeric offsets are read.
    public init?(rfc3339 text: String) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T"), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        self.init(date: (year, month, day), time: (hour, minute, second), fraction: fraction, offset: offset)
    }

    /// The instant of an ASN.1 GeneralizedTime in UTC with seconds (RFC 3161 section 2.4.2); nil for anything else.
    init?(generalizedTime bytes: ArraySlice<UInt8>) {
        var reader = DigitReader(Array(bytes))
        guard let year = reader.number(4), let month = reader.number(2), let day = reader.number(2),
            let hour = reader.number(2), let minute = reader.number(2), let second = reader.number(2),
            let fraction = reader.fraction(), reader.skip("Z"), reader.isAtEnd
        else { return nil }
        self.init(date: (year, month, day), time: (hour, minute, second), fraction: fraction, offset: 0)
    }

    private init?(
        date: (year: Int, month: Int, day: Int),
        time: (hour: Int, minute: Int, second: Int),
        fraction: Int32,
        offset: Int
    ) {
        guard (1...12).contains(date.month), date.day >= 1, date.day <= Self.days(in: date.month, of: date.year),
            time.hour < 24, time.minute < 60, time.second < 60
        else { return nil }
        // Days from the civil date, counted in eras of 400 years that begin on the first of March.
        let year = date.month <= 2 ? date.year - 1 : date.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.seconds = Int64(days * 86_400 + time.hour * 3_600 + time.minute * 60 + time.second - offset)
        self.nanoseconds = fraction
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// True when `left` is earlier than `right`.
    public static func < (left: Instant, right: Instant) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The instant as RFC 3339 in UTC; a fraction is written only where there is one.
    public var description: String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let secondOfDay = seconds - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))"
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map { Self.pad($0, 2) }
        let fraction = nanoseconds == 0 ? "" : ".\(Self.pad(Int64(nanoseconds), 9))"
        return "\(date)T\(time.joined(separator: ":"))\(fraction)Z"
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// A span of time with both ends inclusive and, where nobody has ended it yet, no end.
public struct ValidityWindow: Sendable, Equatable, CustomStringConvertible {
    /// The first valid instant.
    public let start: Instant
    /// The last valid instant; nil while the span is open.
    public let end: Instant?

    /// True when `instant` is neither before the start nor after the end.
    public func contains(_ instant: Instant) -> Bool {
        guard let end else { return instant >= start }
        return instant >= start && instant <= end
    }

    /// Start and end with two dots between them.
    public var description: String { "\(start)..\(end.map(\.description) ?? "")" }
}

/// Reads fixed-width decimal fields.
private struct DigitReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(_ width: Int) -> Int? {
        let field = rest.prefix(width)
        guard field.count == width else { return nil }
        var value = 0
        for byte in field {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        rest = rest.dropFirst(width)
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Nanoseconds of a decimal fraction, 0 where there is none; nil where a point is not followed by 1 to 9 digits.
    mutating func fraction() -> Int32? {
        guard skip(".") else { return 0 }
        var value: Int32 = 0
        var digits = 0
        while let digit = number(1) {
            guard digits < 9 else { return nil }
            value = value * 10 + Int32(digit)
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in digits..<9 { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if skip("Z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hour = number(2), skip(":"), let minute = number(2), hour < 24, minute < 60 else { return nil }
        return sign * (hour * 3_600 + minute * 60)
    }
}
