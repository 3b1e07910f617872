import SwarmPlatform
import Testing

@Suite("Whole-file operations")
struct FilesTests {
    @Test("an absolute path has no dots left")
    func absolute() {
        #expect(Files.absolute("/a/./b/../c//d") == "/a/c/d")
        #expect(Files.absolute("/..") == "/")
    }
}
