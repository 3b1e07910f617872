package import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A chunk in a pack.
package struct PackedChunk: Sendable, Equatable {
    package let name: Digest256
    /// From the beginning of the pack file.
    package let offset: UInt64
    /// Bytes of the sealed chunk.
    package let length: UInt32

    package init(name: Digest256, offset: UInt64, length: UInt32) {
        (self.name, self.offset, self.length) = (name, offset, length)
    }
}

/// A pack that is on the disk under its name, for the index to take in.
package struct FinishedPack: Sendable {
    package let id: PackID
    package let path: String
    package let entries: [PackedChunk]
}

/// The form of a pack file. Numbers are big-endian.
///
/// ```text
/// header   "SWARMPAK", version 1 (4 bytes), zero (4 bytes)
/// records  the sealed chunks, one after the other
/// table    for each chunk in that order: name (32), offset (8), length (4)
/// trailer  SHA-256 of header and table (32), number of chunks (4), "KAPM" (4)
/// ```
///
/// The SHA-256 in the trailer is the pack's id. The index can be made anew from the tables alone. What a record holds is
/// checked by whoever has its key.
package enum PackFile {
    static let header = Array("SWARMPAK".utf8) + [0, 0, 0, 1, 0, 0, 0, 0]
    private static let end = Array("KAPM".utf8)
    static let rowCount = 44
    /// Bytes of the trailer.
    package static let trailerCount = 40

    /// `<folder>/<first two digits>/<id>.pack`.
    package static func path(of id: PackID, in folder: String) -> String {
        "\(folder)/\(id.hex.prefix(2))/\(id.hex).pack"
    }

    /// Bytes of a pack that holds these records.
    package static func size(of entries: [PackedChunk]) -> UInt64 {
        let records = entries.reduce(0) { $0 + UInt64($1.length) }
        return UInt64(header.count + entries.count * rowCount + trailerCount) + records
    }

    /// The bytes behind the records, and the id.
    static func footer(_ entries: [PackedChunk]) -> (bytes: [UInt8], id: PackID) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * rowCount + trailerCount)
        for entry in entries {
            bytes += entry.name.bytes
            bytes.append(bigEndian: entry.offset)
            bytes.append(bigEndian: entry.length)
        }
        let id = Digest256.sha256(of: header + bytes)
        bytes += id.bytes
        bytes.append(bigEndian: UInt32(entries.count))
        bytes += end
        return (bytes, id)
    }

    /// Reads and checks a pack's header and table. The file's name, where it ends in `.pack`, must be the id. Throws
    /// `packDamaged`.
    package static func readTable(_ path: String) throws(SnapshotFailure) -> FinishedPack {
        do {
            return try read(path)
        } catch let failure as SnapshotFailure {
            throw failure
        } catch let error as SystemError {
            throw .packDamaged(file: path, reason: SystemError.text(error.number))
        } catch {
            throw .packDamaged(file: path, reason: "\(error)")
        }
    }

    private static func read(_ path: String) throws -> FinishedPack {
        func damaged(_ reason: String) -> SnapshotFailure { .packDamaged(file: path, reason: reason) }
        let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let size = try file.size()
        guard size >= UInt64(header.count + trailerCount) else { throw damaged("it is cut") }
        guard try bytes(file, 0, header.count) == header else { throw damaged("it does not begin like a pack") }
        let trailer = try bytes(file, size - UInt64(trailerCount), trailerCount)
        let (id, range) = try table(trailer: trailer, size: size, file: path)
        let name = path.split(separator: "/").last ?? ""
        guard !name.hasSuffix(".pack") || name.dropLast(5) == id.hex else {
            throw damaged("its table is another pack's")
        }
        let rows = try bytes(file, range.lowerBound, range.count)
        let entries = try entries(rows, of: id, file: path)
        guard entries.last.map({ $0.offset + UInt64($0.length) }) ?? UInt64(header.count) == range.lowerBound else {
            throw damaged("its records do not end where its table begins")
        }
        return FinishedPack(id: id, path: path, entries: entries)
    }

    /// The id that a pack's last `trailerCount` bytes name, and where in its `size` bytes the table lies. `file` is for
    /// messages.
    package static func table(
        trailer: [UInt8],
        size: UInt64,
        file: String
    ) throws(SnapshotFailure) -> (id: PackID, range: Range<UInt64>) {
        var decoder = ContentDecoder(trailer)
        let id = try decoder.digest()
        let table = UInt64(try decoder.u32()) * UInt64(rowCount)
        guard try decoder.take(4) == end else {
            throw .packDamaged(file: file, reason: "it does not end like a pack")
        }
        guard UInt64(header.count) + table + UInt64(trailerCount) <= size else {
            throw .packDamaged(file: file, reason: "its table is cut")
        }
        let start = size - table - UInt64(trailerCount)
        return (id, start..<start + table)
    }

    /// What a pack's table says, once its hash is the id.
    package static func entries(
        _ rows: [UInt8],
        of id: PackID,
        file: String
    ) throws(SnapshotFailure) -> [PackedChunk] {
        guard Digest256.sha256(of: header + rows) == id else {
            throw .packDamaged(file: file, reason: "its table does not have the hash it names")
        }
        var decoder = ContentDecoder(rows)
        var entries: [PackedChunk] = []
        entries.reserveCapacity(rows.count / rowCount)
        var next = UInt64(header.count)
        while decoder.remaining > 0 {
            let entry = PackedChunk(name: try decoder.digest(), offset: try decoder.u64(), length: try decoder.u32())
            guard entry.offset == next else { throw .packDamaged(file: file, reason: "its table has a gap") }
            next += UInt64(entry.length)
            entries.append(entry)
        }
        return entries
    }

    private static func bytes(_ file: Descriptor, _ offset: UInt64, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
        guard got == count else { throw SnapshotFailure.packDamaged(file: file.path, reason: "it is cut") }
        return bytes
    }
}
