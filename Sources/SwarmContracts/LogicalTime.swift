/// The time that stands in hashed documents: 1970-01-01T00:00:00Z plus the ratchet step in seconds.
package enum LogicalTime {
    /// The logical time of a step (0 or more) as RFC 3339 writes it, in UTC.
    package static func text(step: Int) -> String {
        let (days, seconds) = step.quotientAndRemainder(dividingBy: 86_400)
        let date = civilDate(days: days)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(clock)Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The date in the proleptic Gregorian calendar that lies `days` after 1970-01-01.
    ///
    /// Years are counted from 1 March, so that the leap day is a year's last and months have one formula.
    private static func civilDate(days: Int) -> (year: Int, month: Int, day: Int) {
        let daysFromYearZero = days + 719_468
        let era = daysFromYearZero / 146_097
        let dayOfEra = daysFromYearZero % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }
}

/// The form of a time in a document: RFC 3339, section 5.6 (`date-time`), with `T` and `Z` in upper case.
enum RFC3339 {
    /// The same as a regular expression of JSON Schema.
    static let pattern =
        "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)"
        + "(\\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"

    static func isTime(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, fits(bytes[0..<19], "dddd-dd-ddTdd:dd:dd") else { return false }
        guard (1...12).contains(number(bytes[5..<7])), (1...31).contains(number(bytes[8..<10])),
            number(bytes[11..<13]) < 24, number(bytes[14..<16]) < 60, number(bytes[17..<19]) <= 60
        else { return false }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return false }
            rest = rest.dropFirst(digits.count)
        }
        if rest.elementsEqual([UInt8(ascii: "Z")]) { return true }
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return false }
        let offset = rest.dropFirst()
        return fits(offset, "dd:dd") && number(offset.prefix(2)) < 24 && number(offset.suffix(2)) < 60
    }

    private static func fits(_ bytes: ArraySlice<UInt8>, _ form: String) -> Bool {
        guard bytes.count == form.utf8.count else { return false }
        return zip(bytes, form.utf8).allSatisfy { byte, expected in
            expected == UInt8(ascii: "d") ? (0x30...0x39).contains(byte) : byte == expected
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + Int($1) - 0x30 } }
}
