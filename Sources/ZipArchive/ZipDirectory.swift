internal import SwarmPlatform

/// The directory at the end of an archive (APPNOTE.TXT sections 4.3.12 to 4.3.16), and the headers before each member.
enum ZipDirectory {
    struct Place {
        let offset: Int64
        let size: Int64
        let count: Int64
    }

    private static let endSize: Int64 = 22

    /// Finds it from the end of the file.
    static func find(_ file: Descriptor, _ size: Int64) throws -> Place {
        // A comment of at most 65,535 bytes may stand behind the record.
        let length = min(size, endSize + 65_535)
        let start = size - length
        let tail = try bytes(file, start, Int(length))
        var position = Int(length - endSize)
        while position >= 0 {
            let record = LittleEndian(tail, position)
            if record.u32(0) == 0x0605_4b50, position + 22 + Int(record.u16(20)) == tail.count { break }
            position -= 1
        }
        guard position >= 0 else { throw ZipFailure(message: "the archive has no directory: it is no zip, or cut off") }
        let record = LittleEndian(tail, position)
        guard record.u16(4) == 0, record.u16(6) == 0, record.u16(8) == record.u16(10) else {
            if record.u16(10) != 0xffff { throw ZipFailure(message: "the archive is split over several files") }
            return try find64(file, start + Int64(position), size)
        }
        let place = Place(
            offset: Int64(record.u32(16)),
            size: Int64(record.u32(12)),
            count: Int64(record.u16(10))
        )
        let isLarge = record.u16(10) == 0xffff || record.u32(12) == 0xffff_ffff || record.u32(16) == 0xffff_ffff
        if isLarge { return try find64(file, start + Int64(position), size) }
        return try checked(place, before: start + Int64(position))
    }

    private static func find64(_ file: Descriptor, _ end: Int64, _ size: Int64) throws -> Place {
        let failure = ZipFailure(message: "the archive's directory does not hold")
        guard end >= 20 else { throw failure }
        let locator = LittleEndian(try bytes(file, end - 20, 20), 0)
        guard locator.u32(0) == 0x0706_4b50, let offset = locator.i64(8), offset >= 0, offset <= end - 20 - 56 else {
            throw failure
        }
        let record = LittleEndian(try bytes(file, offset, 56), 0)
        guard record.u32(0) == 0x0606_4b50, let count = record.i64(32), let length = record.i64(40),
            let start = record.i64(48)
        else { throw failure }
        return try checked(Place(offset: start, size: length, count: count), before: offset)
    }

    private static func checked(_ place: Place, before end: Int64) throws -> Place {
        guard place.offset >= 0, place.size >= 0, place.count >= 0, place.size <= end, place.offset <= end - place.size
        else { throw ZipFailure(message: "the archive's directory does not hold") }
        return place
    }

    /// Reads the entries.
    static func members(_ file: Descriptor, _ place: Place, _ limits: ZipLimits) throws -> [ZipArchive.Member] {
        guard place.count <= Int64(limits.members), place.size <= Int64(limits.members) * (46 + 3 * 65_535) else {
            throw ZipFailure(message: "the archive has more than \(limits.members) members")
        }
        guard place.size <= 64 << 20 else { throw ZipFailure(message: "the archive's directory is too large") }
        let table = try bytes(file, place.offset, Int(place.size))
        var members: [ZipArchive.Member] = []
        var names: Set<String> = []
        var position = 0
        var total: Int64 = 0
        for _ in 0..<place.count {
            guard position + 46 <= table.count else { throw ZipFailure(message: "the archive's directory is cut off") }
            let entry = LittleEndian(table, position)
            let lengths = (name: Int(entry.u16(28)), extra: Int(entry.u16(30)), comment: Int(entry.u16(32)))
            let next = position + 46 + lengths.name + lengths.extra + lengths.comment
            guard entry.u32(0) == 0x0201_4b50, next <= table.count else {
                throw ZipFailure(message: "the archive's directory does not hold")
            }
            let nameEnd = position + 46 + lengths.name
            let name = try name(table[(position + 46)..<nameEnd])
            let sizes = try sizes(entry, table[nameEnd..<(nameEnd + lengths.extra)], name)
            position = next
            if name.hasSuffix("/") {
                guard sizes.size == 0 else { throw ZipFailure(message: "the folder \(name) has content") }
                continue
            }
            // The upper half holds Unix's mode where the writer was on Unix (4.4.2.2).
            let kind = entry.u16(4) >> 8 == 3 ? entry.u32(38) >> 16 & 0o170000 : 0
            guard kind == 0 || kind == 0o100000 else { throw ZipFailure(message: "\(name) is no regular file") }
            guard entry.u16(8) & 0x2041 == 0 else { throw ZipFailure(message: "\(name) is encrypted") }
            guard entry.u16(10) == 0 || entry.u16(10) == 8 else {
                throw ZipFailure(message: "\(name) is compressed by a method that is not read here")
            }
            guard names.insert(name).inserted else { throw ZipFailure(message: "\(name) is in the archive twice") }
            guard sizes.size <= limits.memberBytes, sizes.size <= limits.totalBytes - total else {
                throw ZipFailure(message: "\(name) unpacks to more than is allowed")
            }
            total += sizes.size
            members.append(
                ZipArchive.Member(
                    name: name,
                    size: sizes.size,
                    packedSize: sizes.packed,
                    checksum: entry.u32(16),
                    isDeflated: entry.u16(10) == 8,
                    offset: sizes.offset
                )
            )
        }
        return members
    }

    /// Where a member's bytes begin: behind its own header, whose name must be the directory's.
    static func contentOffset(_ file: Descriptor, _ member: ZipArchive.Member) throws -> Int64 {
        let header = LittleEndian(try bytes(file, member.offset, 30), 0)
        let length = Int(header.u16(26))
        guard header.u32(0) == 0x0403_4b50, length == member.name.utf8.count,
            try bytes(file, member.offset + 30, length) == Array(member.name.utf8)
        else { throw ZipFailure(message: "\(member.name) is not where the archive's directory says") }
        return member.offset + 30 + Int64(length) + Int64(header.u16(28))
    }

    private static func name(_ bytes: ArraySlice<UInt8>) throws -> String {
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty, name.utf8.count <= 4096,
            !name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }), !name.contains("\\")
        else { throw ZipFailure(message: "the archive holds a name that is no plain path") }
        var parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw ZipFailure(message: "the archive holds a name that leaves its folder")
        }
        return name
    }

    private static func sizes(_ entry: LittleEndian, _ extra: ArraySlice<UInt8>, _ name: String) throws
        -> (size: Int64, packed: Int64, offset: Int64)
    {
        var size = Int64(entry.u32(24))
        var packed = Int64(entry.u32(20))
        var offset = Int64(entry.u32(42))
        var rest = extra
        while rest.count >= 4 {
            let field = LittleEndian(Array(rest), 0)
            let length = Int(field.u16(2))
            guard rest.count >= 4 + length else { break }
            if field.u16(0) == 1 {
                // Zip64: only the values that did not fit, in this order (4.5.3).
                var place = 4
                func large() throws -> Int64 {
                    guard place + 8 <= 4 + length, let value = field.i64(place), value >= 0 else {
                        throw ZipFailure(message: "the size of \(name) does not hold")
                    }
                    place += 8
                    return value
                }
                if size == 0xffff_ffff { size = try large() }
                if packed == 0xffff_ffff { packed = try large() }
                if offset == 0xffff_ffff { offset = try large() }
            }
            rest = rest.dropFirst(4 + length)
        }
        return (size, packed, offset)
    }

    private static func bytes(_ file: Descriptor, _ offset: Int64, _ count: Int) throws -> [UInt8] {
        guard offset >= 0 else { throw ZipFailure(message: "the archive's directory does not hold") }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: UInt64(offset)) }
        guard read == count else { throw ZipFailure(message: "the archive is cut off") }
        return bytes
    }
}

/// Little-endian numbers at offsets from a place; what is beyond the end reads as 0.
struct LittleEndian {
    private let bytes: [UInt8]
    private let start: Int

    init(_ bytes: [UInt8], _ start: Int) { (self.bytes, self.start) = (bytes, start) }

    private func byte(_ offset: Int) -> UInt64 {
        start + offset < bytes.count ? UInt64(bytes[start + offset]) : 0
    }

    func u16(_ offset: Int) -> UInt16 { UInt16(byte(offset) | byte(offset + 1) << 8) }
    func u32(_ offset: Int) -> UInt32 { UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16 }
    /// Nil beyond what a signed number holds.
    func i64(_ offset: Int) -> Int64? { Int64(exactly: UInt64(u32(offset)) | UInt64(u32(offset + 4)) << 32) }
}
