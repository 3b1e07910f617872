package import SwarmContracts

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reads the binary forms of this room, all big-endian, from bytes that may be anything. It never reads past the end.
package struct ContentDecoder {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Bytes that are left.
    package var remaining: Int { bytes.count - position }

    /// The failure for bytes that are not `what`.
    package func malformed(_ what: String) -> SnapshotFailure { .malformed("\(what) (at byte \(position))") }

    /// One byte.
    package mutating func byte() throws(SnapshotFailure) -> UInt8 {
        guard remaining >= 1 else { throw malformed("a cut object") }
        position += 1
        return bytes[position - 1]
    }

    /// Two bytes.
    package mutating func u16() throws(SnapshotFailure) -> Int { Int(try number(2)) }

    /// Four bytes.
    package mutating func u32() throws(SnapshotFailure) -> UInt32 { UInt32(truncatingIfNeeded: try number(4)) }

    /// Eight bytes.
    package mutating func u64() throws(SnapshotFailure) -> UInt64 { try number(8) }

    /// 32 bytes.
    package mutating func digest() throws(SnapshotFailure) -> Digest256 {
        guard let digest = Digest256(bytes: try slice(Digest256.count)) else { throw malformed("a digest") }
        return digest
    }

    /// The next `count` bytes.
    package mutating func take(_ count: Int) throws(SnapshotFailure) -> [UInt8] { Array(try slice(count)) }

    /// Throws where bytes are left.
    package func finish() throws(SnapshotFailure) {
        guard remaining == 0 else { throw malformed("an object with more bytes behind it") }
    }

    mutating func slice(_ count: Int) throws(SnapshotFailure) -> ArraySlice<UInt8> {
        guard count >= 0, remaining >= count else { throw malformed("a cut object") }
        position += count
        return bytes[position - count..<position]
    }

    private mutating func number(_ count: Int) throws(SnapshotFailure) -> UInt64 {
        guard remaining >= count else { throw malformed("a cut object") }
        var value: UInt64 = 0
        for offset in 0..<count { value = value << 8 | UInt64(bytes[position + offset]) }
        position += count
        return value
    }
}

extension [UInt8] {
    /// Appends a number, big-endian.
    mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    /// Whether `self` comes before `other` in byte order.
    func precedes(_ other: [UInt8]) -> Bool { self[...].precedes(other[...]) }
}

extension ArraySlice<UInt8> {
    /// Whether `self` comes before `other` in byte order. Each path of a tree is compared many times: the library's comparison of
    /// sequences takes ten times as long.
    func precedes(_ other: ArraySlice<UInt8>) -> Bool {
        withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                guard let a = one.baseAddress, let b = other.baseAddress else { return one.count < other.count }
                let order = memcmp(a, b, Swift.min(one.count, other.count))
                return order < 0 || order == 0 && one.count < other.count
            }
        }
    }
}
