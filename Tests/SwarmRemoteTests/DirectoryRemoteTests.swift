import SwarmContracts
import SwarmPlatform
import SwarmRemote
import TestTools
import Testing

@Suite("A directory as a remote")
struct DirectoryRemoteTests {
    @Test("it keeps what every remote promises")
    func promises() throws {
        let folder = try TemporaryFolder()
        try RemoteSuite(remote: DirectoryRemote(path: folder.path + "/remote"), folder: folder).run()
        #expect(try Files.names(in: folder.path + "/remote/tmp") == [])
    }

    @Test("what an ended writer left goes with the next preparation, and what a living one writes stays")
    func sweep() throws {
        let folder = try TemporaryFolder()
        let remote = DirectoryRemote(path: folder.path + "/remote")
        try remote.prepare()
        folder.write([1, 2, 3], to: "remote/tmp/left")
        let living = try FileLock.exclusive(folder.path + "/remote/tmp/living")
        try remote.prepare()
        #expect(try Files.names(in: folder.path + "/remote/tmp") == ["living"])
        living.release()
    }

    @Test("a folder that is not there is no empty remote")
    func missing() throws {
        let folder = try TemporaryFolder()
        let remote = DirectoryRemote(path: folder.path + "/not/mounted")
        #expect(throws: RemoteFailure.self) { try remote.prepare() }
        #expect(throws: RemoteFailure.self) { try remote.list(.refs, after: nil) }
        #expect(throws: RemoteFailure.self) { try remote.ref(.branch(try Label("main"))) }
    }

    @Test("an object lies where its location says")
    func location() throws {
        let folder = try TemporaryFolder()
        let remote = DirectoryRemote(path: folder.path + "/remote")
        try remote.prepare()
        let object = RemoteObject.published(Digest256.sha256(of: []))
        #expect(try remote.put(.bytes([5]), at: object))
        guard case .path(let path) = try remote.location(of: object, seconds: 60) else {
            Issue.record("a directory gives a path")
            return
        }
        #expect(try Files.read(path) == [5])
    }

    @Test("a published file can be fetched, is there once, and can be withdrawn")
    func published() throws {
        let folder = try TemporaryFolder()
        let remote = DirectoryRemote(path: folder.path + "/remote")
        try remote.prepare()
        folder.write([1, 2, 3], to: "bundle.tar")
        let publication = try remote.publish(folder.path + "/bundle.tar", seconds: 60)
        #expect(publication.sha256 == Digest256.sha256(of: [1, 2, 3]) && publication.size == 3)
        guard case .path(let path) = publication.location else {
            Issue.record("a directory gives a path")
            return
        }
        #expect(try Files.read(path) == [1, 2, 3])
        #expect(try remote.publish(folder.path + "/bundle.tar", seconds: 60).location == publication.location)
        try remote.withdraw(publication)
        #expect(Files.kind(path) == nil)
    }
}
