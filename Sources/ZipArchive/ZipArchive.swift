internal import CZlib
package import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// How much an archive may hold.
package struct ZipLimits: Sendable {
    package var members: Int
    /// Of one member, unpacked, in bytes.
    package var memberBytes: Int64
    /// Of all members, unpacked, in bytes.
    package var totalBytes: Int64

    package init(members: Int, memberBytes: Int64, totalBytes: Int64) {
        self.members = members
        self.memberBytes = memberBytes
        self.totalBytes = totalBytes
    }
}

/// Why an archive is not read.
package struct ZipFailure: Failure, Equatable {
    package let message: String

    package var code: String { "ARTIFACT_ARCHIVE_INVALID" }
    package var category: FailureCategory { .verification }
}

/// A zip archive (APPNOTE.TXT 6.3.10) in a file: stored and deflated members, Zip64 sizes, no encryption, no second disk.
/// Its directory at the end is believed for sizes and checksums, and each member is held to it.
package struct ZipArchive: Sendable {
    /// One file in the archive.
    package struct Member: Sendable, Equatable {
        /// Relative, with `/`; never absolute, and no part of it is `.`, `..` or empty.
        package let name: String
        /// Unpacked.
        package let size: Int64
        let packedSize: Int64
        let checksum: UInt32
        let isDeflated: Bool
        let offset: Int64
    }

    /// The files, in the order of the directory. Folders have no entry of their own.
    package let members: [Member]
    private let file: Descriptor

    /// Opens an archive. Throws `ZipFailure` for one that is not whole, holds a name that leaves the folder, a link, the
    /// same name twice, or more than the limits allow; and `SystemError`.
    package init(_ path: String, limits: ZipLimits) throws {
        file = try Descriptor.open(path, O_RDONLY)
        let size = Int64(try file.size())
        let directory = try ZipDirectory.find(file, size)
        members = try ZipDirectory.members(file, directory, limits)
    }

    /// Unpacks one member and gives it piece by piece. Throws `ZipFailure` where size or checksum are not the directory's.
    package func read(_ member: Member, into body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let start = try ZipDirectory.contentOffset(file, member)
        var count: Int64 = 0
        var checksum = crc32(0, nil, 0)
        func give(_ bytes: UnsafeRawBufferPointer) throws {
            count += Int64(bytes.count)
            guard count <= member.size else { throw ZipFailure(message: "\(member.name) is longer than it says") }
            checksum = crc32(checksum, bytes.bindMemory(to: UInt8.self).baseAddress, uInt(bytes.count))
            try body(bytes)
        }
        if member.isDeflated {
            try inflate(member, from: start, into: give)
        } else {
            try pieces(member, from: start) { bytes in
                try give(UnsafeRawBufferPointer(bytes))
                return true
            }
        }
        guard count == member.size, UInt32(truncatingIfNeeded: checksum) == member.checksum else {
            throw ZipFailure(message: "\(member.name) is not what the archive's directory says")
        }
    }

    /// A member in memory, at most `limit` bytes of it.
    package func bytes(_ member: Member, limit: Int) throws -> [UInt8] {
        guard member.size <= limit else { throw ZipFailure(message: "\(member.name) has more than \(limit) bytes") }
        var bytes: [UInt8] = []
        try read(member) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Unpacks a member to a new file of mode 0600.
    package func write(_ member: Member, to path: String) throws {
        let target = try Descriptor.create(path)
        try read(member) { try target.write($0) }
    }

    /// The packed bytes; `body` gives false where it wants no more.
    private func pieces(_ member: Member, from start: Int64, _ body: (UnsafeMutableRawBufferPointer) throws -> Bool)
        throws
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var done: Int64 = 0
        while done < member.packedSize {
            let wanted = Int(min(Int64(buffer.count), member.packedSize - done))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            guard try file.read(into: part, at: UInt64(start + done)) == wanted else {
                throw ZipFailure(message: "\(member.name) is cut off")
            }
            done += Int64(wanted)
            if try !body(part) { return }
        }
    }

    private func inflate(
        _ member: Member,
        from start: Int64,
        into give: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var stream = z_stream()
        // Negative: raw deflate, with no header of zlib's own.
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ZipFailure(message: "zlib could not be readied")
        }
        defer { inflateEnd(&stream) }
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { output.deallocate() }
        let place = output.bindMemory(to: UInt8.self)
        var ended = false
        try pieces(member, from: start) { part in
            stream.next_in = part.bindMemory(to: UInt8.self).baseAddress
            stream.avail_in = uInt(part.count)
            repeat {
                stream.next_out = place.baseAddress
                stream.avail_out = uInt(place.count)
                let code = CZlib.inflate(&stream, Z_NO_FLUSH)
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                    throw ZipFailure(message: "\(member.name) is not whole: its compressed data does not hold")
                }
                try give(UnsafeRawBufferPointer(rebasing: output[..<(place.count - Int(stream.avail_out))]))
                ended = code == Z_STREAM_END
            } while !ended && stream.avail_out == 0
            return !ended
        }
        guard ended else { throw ZipFailure(message: "\(member.name) is cut off") }
    }
}
