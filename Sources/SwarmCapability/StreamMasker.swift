/// Replaces secrets in a stream of bytes by `[masked]`, also where they lie across the pieces in which it comes.
///
/// Occurrences that overlap are masked as one, so that no end of one shows behind another. At most one byte less than the
/// longest secret is held back.
package struct StreamMasker: Redacted, Sendable {
    /// What stands in a secret's place.
    package static let replacement = Array("[masked]".utf8)

    /// The secrets by their first byte.
    private let secrets: [[[UInt8]]]
    /// Whether any secret begins with this byte: a flat table, since most bytes are looked up and begin none.
    private let begins: [Bool]
    private let masksNothing: Bool
    private var pending: [UInt8] = []
    /// How many bytes of `pending`, from its start, belong to an occurrence whose replacement was given already.
    private var covered = 0

    /// Takes the byte strings to mask, in every form in which they may show; empty ones are left out.
    package init(masking secrets: [[UInt8]]) {
        var table = [[[UInt8]]](repeating: [], count: 256)
        for secret in Set(secrets) {
            if let first = secret.first { table[Int(first)].append(secret) }
        }
        self.secrets = table
        begins = table.map { !$0.isEmpty }
        masksNothing = !begins.contains(true)
    }

    /// Takes the next piece; gives what may be shown by now.
    package mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
        if masksNothing { return bytes }
        return scan(pending.isEmpty ? bytes : pending + bytes, isEnd: false)
    }

    /// Gives what was held back, at the end of the stream. The masker is then as new.
    package mutating func finish() -> [UInt8] {
        scan(pending, isEnd: true)
    }

    private mutating func scan(_ bytes: [UInt8], isEnd: Bool) -> [UInt8] {
        var shown: [UInt8] = []
        shown.reserveCapacity(bytes.count)
        let held = bytes.withUnsafeBufferPointer { buffer in
            var position = 0
            while position < buffer.count {
                if covered == 0 {
                    let plain = position
                    position = nextBeginning(in: buffer, from: position)
                    shown.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[plain..<position]))
                    if position == buffer.count { break }
                }
                let candidates = secrets[Int(buffer[position])]
                guard let longest = StreamMasker.match(candidates, buffer, position, isEnd) else { break }
                if longest > 0, covered == 0 { shown += StreamMasker.replacement }
                covered = max(covered, longest)
                if covered > 0 { covered -= 1 } else { shown.append(buffer[position]) }
                position += 1
            }
            return position
        }
        pending = Array(bytes[held...])
        return shown
    }

    private func nextBeginning(in buffer: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        begins.withUnsafeBufferPointer { begins in
            var position = start
            while position < buffer.count, !begins[Int(buffer[position])] { position += 1 }
            return position
        }
    }

    /// The length of the longest secret at `position`, 0 for none, nil where only more bytes can tell.
    private static func match(
        _ candidates: [[UInt8]],
        _ buffer: UnsafeBufferPointer<UInt8>,
        _ position: Int,
        _ isEnd: Bool
    ) -> Int? {
        var longest = 0
        for secret in candidates {
            let available = min(secret.count, buffer.count - position)
            var same = 1
            while same < available, secret[same] == buffer[position + same] { same += 1 }
            if same == secret.count {
                longest = max(longest, same)
            } else if same == available, !isEnd {
                return nil
            }
        }
        return longest
    }
}
