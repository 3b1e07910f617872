import Glibc
import SwarmPlatform
import Testing

@Suite("Locks")
struct FileLockTests {
    /// A file of its own, and the descriptors of this process that have it open.
    private final class LockFile {
        let path: String

        init() {
            var template = Array("/tmp/swarm-lock-XXXXXX".utf8CString)
            close(mkstemp(&template))
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        deinit { unlink(path) }

        var descriptors: [Int32] {
            (3..<1024).filter { Files.realPath("/proc/self/fd/\($0)") == path }
        }
    }

    @Test(
        "a lock that was given back is free, even while a forked child still has the file open",
        arguments: [true, false]
    )
    func forked(explicitly: Bool) throws {
        let file = LockFile()
        var lock: FileLock? = try FileLock.exclusive(file.path)
        // What fork does to a descriptor: another one of the same open file.
        let copies = file.descriptors.map { dup($0) }
        #expect(copies.count == 1)
        defer { for copy in copies { close(copy) } }
        if explicitly { lock?.release() } else { lock = nil }
        #expect(try FileLock.exclusiveIfFree(file.path) != nil)
    }

    @Test("releasing twice leaves a lock alone that got the descriptor's number meanwhile")
    func twice() throws {
        let (one, two) = (LockFile(), LockFile())
        let first = try FileLock.exclusive(one.path)
        first.release()
        let second = try FileLock.exclusive(two.path)
        first.release()
        #expect(try FileLock.exclusiveIfFree(two.path) == nil)
        second.release()
    }
}
