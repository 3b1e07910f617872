/// Snappy's raw block format (google/snappy format_description.txt): a length, then literals and copies.
enum Snappy {
    /// The unpacked bytes. Throws exit 3 where the block does not hold or unpacks to more than `limit` bytes.
    static func decode(_ block: [UInt8], limit: Int) throws(GitHubFailure) -> [UInt8] {
        let broken = GitHubFailure.artifactInvalid(
            "an attestation's bundle is not whole: its compressed block does not hold"
        )
        var position = 0
        var length = 0
        var shift = 0
        while true {
            guard position < block.count, shift < 35 else { throw broken }
            let byte = Int(block[position])
            position += 1
            length |= (byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length <= limit else { throw broken }
        var out: [UInt8] = []
        // A byte of input makes at most 64 of output.
        out.reserveCapacity(min(length, block.count * 64))
        func number(_ count: Int) throws(GitHubFailure) -> Int {
            guard position + count <= block.count else { throw broken }
            var value = 0
            for index in 0..<count { value |= Int(block[position + index]) << (8 * index) }
            position += count
            return value
        }
        while position < block.count {
            let tag = Int(block[position])
            position += 1
            if tag & 3 == 0 {
                var size = tag >> 2
                if size >= 60 { size = try number(size - 59) }
                size += 1
                guard size <= length - out.count, size <= block.count - position else { throw broken }
                out += block[position..<(position + size)]
                position += size
                continue
            }
            let size: Int
            let offset: Int
            switch tag & 3 {
            case 1: (size, offset) = (4 + (tag >> 2) & 7, (tag >> 5) << 8 | (try number(1)))
            case 2: (size, offset) = (1 + tag >> 2, try number(2))
            default: (size, offset) = (1 + tag >> 2, try number(4))
            }
            guard offset > 0, offset <= out.count, size <= length - out.count else { throw broken }
            // Byte by byte: a copy may reach into what it writes.
            for _ in 0..<size { out.append(out[out.count - offset]) }
        }
        guard out.count == length else { throw broken }
        return out
    }
}
