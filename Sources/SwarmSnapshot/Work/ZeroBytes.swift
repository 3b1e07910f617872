#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Runs of zero bytes, which a file system need not store.
enum ZeroBytes {
    /// Zero bytes are looked for in blocks of this size.
    private static let block = 64 << 10

    /// Whether there is no byte but zero.
    static func fill(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return true }
        return bytes[0] == 0 && memcmp(base, base + 1, bytes.count - 1) == 0
    }

    /// Hands over the ranges that are to be written: all of a small buffer, else what is left without blocks of zeros.
    static func eachDataRange(_ bytes: UnsafeRawBufferPointer, _ body: (Range<Int>) throws -> Void) rethrows {
        guard bytes.count > block else {
            if !bytes.isEmpty { try body(0..<bytes.count) }
            return
        }
        var start = 0
        var position = 0
        while position < bytes.count {
            let end = min(position + block, bytes.count)
            if fill(UnsafeRawBufferPointer(rebasing: bytes[position..<end])) {
                if start < position { try body(start..<position) }
                start = end
            }
            position = end
        }
        if start < bytes.count { try body(start..<bytes.count) }
    }
}
