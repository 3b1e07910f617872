import Glibc
import SwarmPlatform
import TestTools
import Testing

@Suite("Whole-file operations")
struct FilesTests {
    @Test("an absolute path has no dots left")
    func absolute() {
        #expect(Files.absolute("/a/./b/../c//d") == "/a/c/d")
        #expect(Files.absolute("/..") == "/")
    }

    @Test(
        "a file comes back whole, from a place, and never longer than the limit",
        arguments: [0, 1, 4_095, 70_000, 3_000_000]
    )
    func read(size: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/f"
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        try Files.write(bytes, to: path)
        #expect(try Files.read(path, limit: size) == bytes)
        #expect(try Files.read(Descriptor.open(path, O_RDONLY)) == bytes)
        if size > 0 { #expect(throws: SystemError.self) { try Files.read(path, limit: size - 1) } }
        let file = try Descriptor.open(path, O_RDONLY)
        #expect(try file.bytes(size + 9, at: 0) == bytes)
        #expect(try file.bytes(5, at: UInt64(size / 2)) == Array(bytes.dropFirst(size / 2).prefix(5)))
        #expect(try file.bytes(5, at: UInt64(size)).isEmpty && file.bytes(0, at: 0).isEmpty)
    }
}
