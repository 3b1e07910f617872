#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What a process leaves that is killed when its commit is in SQLite's write-ahead log, and before others are told.
///
/// How far the log is valid stands at the beginning of the file `-shm`, twice, 48 bytes each
/// (https://www.sqlite.org/walformat.html, section 2.1). A commit ends with writing it. To set it back is to be killed before.
package struct UnseenCommit {
    private static let count = 96
    private let path: String
    private let header: [UInt8]

    /// What the database's connections take for the end of the log now. One must be open, and stay so.
    package init(of database: String) {
        path = database + "-shm"
        var bytes = [UInt8](repeating: 0, count: UnseenCommit.count)
        let file = open(path, O_RDONLY | O_CLOEXEC)
        precondition(pread(file, &bytes, bytes.count, 0) == bytes.count, "the database is open")
        close(file)
        header = bytes
    }

    /// What was committed since then was written, and nobody was told.
    package func hide() {
        let file = open(path, O_RDWR | O_CLOEXEC)
        precondition(pwrite(file, header, header.count, 0) == header.count, "the database is open")
        close(file)
    }
}
