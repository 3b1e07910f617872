internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The fields of a database's header that we read or set (https://sqlite.org/fileformat2.html, section 1.3).
private enum Header {
    static let count = 100
    static let magic = Array("SQLite format 3\0".utf8)
    static let pageSize = 16
    static let writeVersion = 18
    static let readVersion = 19
    static let changeCounter = 24
    static let pageCount = 28
    static let schemaCookie = 40
    static let versionValidFor = 92
    static let libraryVersion = 96

    /// What stands for the library's version, whichever made the file.
    static let fixedLibraryVersion: UInt32 = 3_040_000
}

extension StateDatabase {
    /// Makes the copy that `sanitise` wrote independent of its history: the header's counters and the library's version
    /// get fixed values, the journal mode is the step's. The same content then gives the same bytes, and the file is
    /// restored by copying it.
    ///
    /// The file comes out of a process that read hostile bytes: it is opened without following a link and must be one
    /// regular file of at most `limit` bytes whose header agrees with its size. Throws `.stateUnusable` where it is
    /// not.
    package static func finish(
        _ output: String,
        _ report: SanitiseReport,
        limit: UInt64
    ) throws(StateFailure) {
        let file = try openCopy(output, limit: limit)
        var header = [UInt8](repeating: 0, count: Header.count)
        let (size, count) = try own { () throws(SystemError) in
            let size = try file.size()
            var count = 0
            var failure: SystemError?
            header.withUnsafeMutableBytes { bytes in
                do throws(SystemError) { count = try file.read(into: bytes, at: 0) } catch { failure = error }
            }
            if let failure { throw failure }
            return (size, count)
        }
        if let defect = defect(of: header, count: count, size: size) { throw .stateUnusable(defect) }
        let version: UInt8 = report.journalMode == .wal ? 2 : 1
        header[Header.writeVersion] = version
        header[Header.readVersion] = version
        // The page count is believed only where these two are the same.
        put(1, at: Header.changeCounter, in: &header)
        put(1, at: Header.versionValidFor, in: &header)
        put(1, at: Header.schemaCookie, in: &header)
        put(Header.fixedLibraryVersion, at: Header.libraryVersion, in: &header)
        // The position is still at the start: reading was by offset.
        try own { () throws(SystemError) in try file.write(header) }
    }

    private static func openCopy(_ path: String, limit: UInt64) throws(StateFailure) -> Descriptor {
        guard let kind = Files.kind(path) else { throw .stateUnusable("its check left no copy") }
        guard kind == .regular else { throw .stateUnusable("the copy is no regular file") }
        let file = try own { () throws(SystemError) in try Descriptor.open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK) }
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw .system(.last("look at", path)) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
            throw .stateUnusable("the copy is no regular file")
        }
        if UInt64(status.st_size) > limit { throw .stateUnusable("it is larger than \(limit) bytes") }
        return file
    }

    private static func defect(of header: [UInt8], count: Int, size: UInt64) -> String? {
        guard count == Header.count, Array(header[..<Header.magic.count]) == Header.magic else {
            return "the copy is no SQLite database"
        }
        let stated = UInt64(header[Header.pageSize]) << 8 | UInt64(header[Header.pageSize + 1])
        // 1 stands for 65536, which two bytes cannot hold.
        let pageSize = stated == 1 ? 65536 : stated
        guard pageSize >= 512, pageSize <= 65536, pageSize & (pageSize - 1) == 0 else {
            return "the copy has an impossible page size"
        }
        guard size % pageSize == 0, UInt64(get(Header.pageCount, in: header)) == size / pageSize else {
            return "the copy's size does not agree with its header"
        }
        return nil
    }

    private static func get(_ offset: Int, in header: [UInt8]) -> UInt32 {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func put(_ value: UInt32, at offset: Int, in header: inout [UInt8]) {
        for place in 0..<4 { header[offset + place] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * place)) }
    }
}
