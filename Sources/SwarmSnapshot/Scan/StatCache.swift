internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

/// What the files of one directory tree looked like when they were last read, and the content they had. It holds keys: it is
/// to be sealed where it is stored. It saves work and is never needed.
///
/// The binary form is a list of pieces, each of about half a mebibyte, so that several threads can seal and open them. A piece,
/// numbers big-endian: version 3 (1 byte), whose secret named the contents (32), when the scan began (nanoseconds, 8), the
/// cache's id (16), then for each directory its length in bytes (4) and: length of the path (2), the path, its tree reference,
/// number of files (4), and for each file: length of the name (2), the name, size (8), mtime and ctime (nanoseconds, 8 each),
/// inode (8), device (8), mode (4), content. The seal around it is what finds damage.
package struct StatCache: Sendable {
    struct File: Sendable {
        let name: [UInt8]
        let status: FileStatus
        let content: Content
    }

    struct Folder: Sendable {
        let reference: TreeReference
        let files: [File]
    }

    /// What every piece of one cache begins with.
    struct Head: Sendable, Equatable {
        /// Tells caches of different secrets apart.
        let owner: Digest256
        /// When the scan began, in nanoseconds since 1970.
        let start: Int64
        /// Random: no two caches have the same.
        let id: [UInt8]
    }

    /// Some directories of a cache.
    package struct Piece: Sendable {
        fileprivate static let size = 512 << 10
        private static let version: UInt8 = 3
        fileprivate static let idCount = 16

        fileprivate let head: Head
        /// The binary form.
        package fileprivate(set) var bytes: [UInt8]
        fileprivate var folders: [(path: [UInt8], range: Range<Int>)] = []

        fileprivate init(_ head: Head) {
            self.head = head
            bytes = [Piece.version] + head.owner.bytes
            bytes.append(bigEndian: head.start)
            bytes += head.id
        }

        /// Reads the binary form. Throws `malformed` for a piece that is damaged anywhere.
        package init(decoding bytes: [UInt8]) throws(SnapshotFailure) {
            var decoder = ContentDecoder(bytes)
            guard try decoder.byte() == Piece.version else { throw .malformed("a stat cache") }
            head = Head(
                owner: try decoder.digest(),
                start: Int64(bitPattern: try decoder.u64()),
                id: try decoder.take(Piece.idCount)
            )
            while decoder.remaining > 0 {
                let count = Int(try decoder.u32())
                let begin = bytes.count - decoder.remaining
                guard count <= decoder.remaining else { throw decoder.malformed("a folder of a stat cache") }
                let path = try decoder.take(try decoder.u16())
                let rest = begin + count - (bytes.count - decoder.remaining)
                _ = try decoder.slice(rest)
                folders.append((path, begin..<begin + count))
            }
            self.bytes = bytes
        }

        fileprivate mutating func append(_ path: [UInt8], _ folder: [UInt8]) {
            bytes.append(bigEndian: UInt32(folder.count))
            folders.append((path, bytes.count..<bytes.count + folder.count))
            bytes += folder
        }
    }

    private struct Place: Sendable {
        let piece: Int
        let range: Range<Int>
    }

    /// In the order in which they were filled.
    package let pieces: [Piece]
    private let places: [[UInt8]: Place]
    let head: Head

    /// Whether the store is known to have every chunk that is named here. Else each is looked for before it is relied on.
    package var isWhole = false

    /// Puts the pieces of one cache together; one that is missing costs time alone. Throws `malformed` where there is none, or
    /// where they belong to different caches.
    package init(_ pieces: [Piece]) throws(SnapshotFailure) {
        guard let head = pieces.first?.head, pieces.allSatisfy({ $0.head == head }) else {
            throw .malformed("the pieces of a stat cache")
        }
        var places: [[UInt8]: Place] = [:]
        places.reserveCapacity(pieces.reduce(0) { $0 + $1.folders.count })
        for (number, piece) in pieces.enumerated() {
            for folder in piece.folders { places[folder.path] = Place(piece: number, range: folder.range) }
        }
        (self.head, self.pieces, self.places) = (head, pieces, places)
    }

    /// 32 hexadecimal digits that no other cache has.
    package var id: String { Hex.encode(head.id) }

    /// How many directories it knows.
    var folderCount: Int { places.count }

    /// What is known of a directory; nil where nothing is.
    func folder(_ path: [UInt8]) -> Folder? {
        guard let place = places[path] else { return nil }
        return try? StatCache.folder(Array(pieces[place.piece].bytes[place.range]))
    }

    private static func folder(_ bytes: [UInt8]) throws(SnapshotFailure) -> Folder {
        var decoder = ContentDecoder(bytes)
        _ = try decoder.take(try decoder.u16())
        let reference = try TreeReference(from: &decoder)
        let count = Int(try decoder.u32())
        guard count <= decoder.remaining / 90 else { throw decoder.malformed("the number of files of a stat cache") }
        var files: [File] = []
        files.reserveCapacity(count)
        for _ in 0..<count {
            let name = try decoder.take(try decoder.u16())
            let status = try FileStatus(from: &decoder)
            files.append(File(name: name, status: status, content: try Content(from: &decoder)))
        }
        try decoder.finish()
        return Folder(reference: reference, files: files)
    }

    /// Whether a time lies so that the file may have been changed after it was read, without the time showing it: not older
    /// than the start of the scan. The kernel's file times lag behind the clock by up to a tick; a file system that counts
    /// whole seconds by up to two.
    func isRacy(_ status: FileStatus) -> Bool {
        let slack: Int64 =
            status.modified % 1_000_000_000 == 0 && status.changed % 1_000_000_000 == 0 ? 2_000_000_000 : 20_000_000
        return max(status.modified, status.changed) >= head.start - slack
    }
}

extension FileStatus {
    init(from decoder: inout ContentDecoder) throws(SnapshotFailure) {
        size = try decoder.u64()
        modified = Int64(bitPattern: try decoder.u64())
        changed = Int64(bitPattern: try decoder.u64())
        inode = try decoder.u64()
        device = try decoder.u64()
        mode = try decoder.u32()
        (names, special) = (1, 0)
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: size)
        bytes.append(bigEndian: modified)
        bytes.append(bigEndian: changed)
        bytes.append(bigEndian: inode)
        bytes.append(bigEndian: device)
        bytes.append(bigEndian: mode)
    }
}

/// Gathers a stat cache while several threads scan.
final class StatCacheBuilder: Sendable {
    private let head: StatCache.Head
    private let pieces: Mutex<[StatCache.Piece]>

    init(owner: Digest256, start: Int64) {
        head = StatCache.Head(owner: owner, start: start, id: Randomness.bytes(StatCache.Piece.idCount))
        pieces = Mutex([StatCache.Piece(head)])
    }

    func add(_ path: [UInt8], _ reference: TreeReference, _ files: [StatCache.File]) {
        // A path that long is not worth remembering.
        guard path.count <= UInt16.max else { return }
        var folder: [UInt8] = []
        folder.reserveCapacity(path.count + 256 * (files.count + 1))
        folder.append(bigEndian: UInt16(path.count))
        folder += path
        reference.encode(into: &folder)
        folder.append(bigEndian: UInt32(files.count))
        for file in files {
            folder.append(bigEndian: UInt16(file.name.count))
            folder += file.name
            file.status.encode(into: &folder)
            file.content.encode(into: &folder)
        }
        pieces.withLock { pieces in
            if pieces[pieces.count - 1].bytes.count >= StatCache.Piece.size { pieces.append(StatCache.Piece(head)) }
            pieces[pieces.count - 1].append(path, folder)
        }
    }

    func finish() -> StatCache? { try? StatCache(pieces.withLock { $0 }) }
}
