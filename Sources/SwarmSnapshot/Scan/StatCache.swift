internal import SwarmContracts
internal import Synchronization

/// What the files of one directory tree looked like when they were last read, and the content they had. It holds keys: it is
/// to be sealed where it is stored. It saves work and is never needed.
///
/// The binary form, numbers big-endian: version 2 (1 byte), whose secret named the contents (32), when the scan began
/// (nanoseconds, 8), then for each directory its length in bytes (4) and: length of the path (2), the path, its tree reference,
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

    private static let version: UInt8 = 2

    private let bytes: [UInt8]
    private let folders: [[UInt8]: Range<Int>]
    /// When the scan began, in nanoseconds since 1970.
    let start: Int64
    /// Tells caches of different secrets apart.
    let owner: Digest256

    /// Reads the binary form. Throws `malformed` for a cache that is damaged anywhere.
    package init(decoding bytes: [UInt8]) throws(SnapshotFailure) {
        var decoder = ContentDecoder(bytes)
        guard try decoder.byte() == StatCache.version else { throw .malformed("a stat cache") }
        owner = try decoder.digest()
        start = Int64(bitPattern: try decoder.u64())
        var folders: [[UInt8]: Range<Int>] = [:]
        while decoder.remaining > 0 {
            let count = Int(try decoder.u32())
            let begin = bytes.count - decoder.remaining
            guard count <= decoder.remaining else { throw decoder.malformed("a folder of a stat cache") }
            let path = try decoder.take(try decoder.u16())
            let rest = begin + count - (bytes.count - decoder.remaining)
            _ = try decoder.slice(rest)
            folders[path] = begin..<begin + count
        }
        self.bytes = bytes
        self.folders = folders
    }

    /// How many directories it knows.
    var folderCount: Int { folders.count }

    /// The binary form.
    package func encode() -> [UInt8] { bytes }

    /// What is known of a directory; nil where nothing is.
    func folder(_ path: [UInt8]) -> Folder? {
        guard let range = folders[path] else { return nil }
        return try? StatCache.folder(Array(bytes[range]))
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
        return max(status.modified, status.changed) >= start - slack
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
    private let bytes: Mutex<[UInt8]>

    init(owner: Digest256, start: Int64) {
        var head: [UInt8] = [2]
        head += owner.bytes
        head.append(bigEndian: start)
        bytes = Mutex(head)
    }

    func add(_ path: [UInt8], _ reference: TreeReference, _ files: [StatCache.File]) {
        // A path that long is not worth remembering.
        guard path.count <= UInt16.max else { return }
        var folder: [UInt8] = []
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
        bytes.withLock { bytes in
            bytes.append(bigEndian: UInt32(folder.count))
            bytes += folder
        }
    }

    func finish() -> StatCache? {
        try? StatCache(decoding: bytes.withLock { $0 })
    }
}
