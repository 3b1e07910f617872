import SwarmContracts
import SwarmPlatform
import SwarmRemote
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

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

    @Test("a directory of other files and a file are no remote, for whoever writes and whoever reads")
    func foreign() throws {
        let folder = try TemporaryFolder()
        folder.write([1], to: "photos/packs/one")
        folder.write([1], to: "photos/cat.jpg")
        for path in [folder.path + "/photos", folder.path + "/photos/cat.jpg"] {
            let remote = DirectoryRemote(path: path)
            for call in [
                { try remote.prepare() }, { _ = try remote.list(.refs, after: nil) },
                { _ = try remote.ref(.branch(try Label("main"))) },
            ] {
                #expect(#expect(throws: RemoteFailure.self) { try call() }?.code == "REMOTE_INVALID")
            }
        }
        #expect(try Files.names(in: folder.path + "/photos").sorted() == ["cat.jpg", "packs"])
    }

    @Test("an empty directory, one that a killed preparation left, and a link to a remote are remotes")
    func young() throws {
        let folder = try TemporaryFolder()
        for made in [[], ["tmp"], ["tmp", "packs", "nodes"]] {
            let path = "\(folder.path)/young-\(made.count)"
            for name in [""] + made { try Files.makeFolder("\(path)/\(name)") }
            let remote = DirectoryRemote(path: path)
            #expect(try remote.list(.refs, after: nil) == [])
            try remote.prepare()
            try remote.prepare()
        }
        #expect(symlink(folder.path + "/young-0", folder.path + "/link") == 0)
        folder.write([1], to: "young-0/a note of somebody's")
        let link = DirectoryRemote(path: folder.path + "/link")
        try link.prepare()
        #expect(try link.put(.bytes([1]), at: .pack(Digest256.sha256(of: [1]))))
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
