/// Applies a unified diff strictly: every number and every line must fit.
enum Patch {
    struct Misfit: Error {
        let line: String
    }

    static func apply(_ diff: [UInt8], to old: [UInt8]) throws -> [UInt8] {
        if diff.isEmpty { return old }
        let source = lines(old)
        var output: [[UInt8]] = []
        var place = 0
        for (number, line) in lines(diff).enumerated() where number >= 2 {
            let text = Array(line.dropFirst())
            switch line.first {
            case UInt8(ascii: "@"):
                let start = try firstLine(of: line)
                guard start >= place else { throw Misfit(line: String(decoding: line, as: UTF8.self)) }
                output += source[place..<start]
                place = start
            case UInt8(ascii: " "), UInt8(ascii: "-"):
                guard place < source.count, source[place] == text || source[place] + [10] == text else {
                    throw Misfit(line: String(decoding: line, as: UTF8.self))
                }
                place += 1
                if line.first == UInt8(ascii: " ") { output.append(text) }
            case UInt8(ascii: "+"): output.append(text)
            case UInt8(ascii: "\\"):
                if let last = output.last, lastWasKept(diff, number) { output[output.count - 1] = last.dropLast() }
            default: throw Misfit(line: String(decoding: line, as: UTF8.self))
            }
        }
        return Array((output + source[place...]).joined())
    }

    private static func lastWasKept(_ diff: [UInt8], _ number: Int) -> Bool {
        lines(diff)[number - 1].first != UInt8(ascii: "-")
    }

    private static func firstLine(of header: [UInt8]) throws -> Int {
        let words = String(decoding: header, as: UTF8.self).split(separator: " ")
        let range = words[1].dropFirst().split(separator: ",")
        guard let start = Int(range[0]) else { throw Misfit(line: String(decoding: header, as: UTF8.self)) }
        return range.count == 2 && range[1] == "0" ? start : start - 1
    }

    private static func lines(_ text: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 10).map { $0 + 1 } ?? rest.endIndex
            lines.append(Array(rest[..<end]))
            rest = rest[end...]
        }
        return lines
    }
}
