#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A folder that goes with its last reference, and what is in it.
package final class TemporaryFolder: Sendable {
    /// Its absolute path.
    package let path: String

    /// There was no room for the folder.
    package struct Unavailable: Error {}

    package init() throws {
        var template = Array("/tmp/swarm-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let resolved = realpath(template, nil) else { throw Unavailable() }
        defer { free(resolved) }
        path = String(cString: resolved)
    }

    deinit { TemporaryFolder.removeTree(Array(path.utf8CString.dropLast())) }

    // Names are bytes: a test may have made one that is no text.
    private static func removeTree(_ path: [CChar]) {
        guard unlink(path + [0]) != 0, let stream = opendir(path + [0]) else { return }
        var names: [[CChar]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
            }
            if name != [46], name != [46, 46] { names.append(name) }
        }
        closedir(stream)
        for name in names { removeTree(path + [47] + name) }
        rmdir(path + [0])
    }

    /// Writes a file, making the folders above it; false where that fails.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String, executable: Bool = false) -> Bool {
        let full = "\(path)/\(name)"
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        let file = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { return false }
        defer { close(file) }
        fchmod(file, executable ? 0o755 : 0o644)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + done }, $0.count - done) }
            if count <= 0 { return false }
            done += count
        }
        return true
    }

    /// The bytes of a file; nil where there is none, or it is a link.
    package func read(_ name: String) -> [UInt8]? {
        let file = open("\(path)/\(name)", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
