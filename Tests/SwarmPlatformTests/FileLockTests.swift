import Glibc
import SwarmPlatform
import TestTools
import Testing

@Suite("Locks")
struct FileLockTests {
    /// The descriptors of this process that have a file open.
    private func descriptors(of path: String) -> [Int32] {
        (3..<1024).filter { Files.realPath("/proc/self/fd/\($0)") == path }
    }

    @Test(
        "a lock that was given back is free, even while a forked child still has the file open",
        arguments: [true, false]
    )
    func forked(explicitly: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lock"
        var lock: FileLock? = try FileLock.exclusive(path)
        // What fork does to a descriptor: another one of the same open file.
        let copies = descriptors(of: path).map { dup($0) }
        #expect(copies.count == 1)
        defer { for copy in copies { close(copy) } }
        if explicitly { lock?.release() } else { lock = nil }
        #expect(try FileLock.exclusiveIfFree(path) != nil)
    }

    @Test("releasing twice leaves a lock alone that got the descriptor's number meanwhile")
    func twice() throws {
        let folder = try TemporaryFolder()
        let (one, two) = (folder.path + "/one", folder.path + "/two")
        let first = try FileLock.exclusive(one)
        first.release()
        let second = try FileLock.exclusive(two)
        first.release()
        #expect(try FileLock.exclusiveIfFree(two) == nil)
        second.release()
    }

    @Test("whoever waits only so long gets nothing where that is not enough, and the lock where it is free")
    func patience() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lock"
        let holder = try FileLock.exclusive(path)
        #expect(try FileLock.exclusive(path, patience: 1) == nil)
        holder.release()
        let lock = try FileLock.exclusive(path, patience: 0)
        #expect(lock != nil)
        #expect(try FileLock.exclusiveIfFree(path) == nil)
        lock?.release()
    }
}
