import SwarmContracts
import SwarmPlatform
import SwarmRemote
import Synchronization
import TestTools
import Testing

/// What every remote promises (`RemoteStore`), asked of a fresh one. `file` gives a path that a test may write to.
struct RemoteSuite {
    let remote: any RemoteStore
    let folder: TemporaryFolder

    private func digest(_ text: String) -> Digest256 { Digest256.sha256(of: Array(text.utf8)) }

    func run() throws {
        try remote.prepare()
        try remote.prepare()
        try objects()
        try ranges()
        try largeFiles()
        try lists()
        try refs()
        try racingObjects()
        try racingRefs()
    }

    /// An object is written once.
    func objects() throws {
        let object = RemoteObject.pack(digest("once"))
        #expect(try remote.size(of: object) == nil)
        #expect(try remote.read(object, 0..<10) == nil)
        #expect(try remote.put(.bytes([1, 2, 3]), at: object))
        #expect(try !remote.put(.bytes([9, 9, 9, 9]), at: object))
        #expect(try remote.size(of: object) == 3)
        #expect(try remote.read(object, 0..<3) == [1, 2, 3])
        try remote.delete(object)
        try remote.delete(object)
        #expect(try remote.size(of: object) == nil)
        #expect(try remote.put(.bytes([9]), at: object))
        try remote.delete(object)
    }

    /// A range gives what there is of it.
    func ranges() throws {
        let object = RemoteObject.pack(digest("ranges"))
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        #expect(try remote.put(.bytes(bytes), at: object))
        for (start, end) in [(0, 1), (0, 100_000), (99_999, 100_000), (50_000, 50_007), (1, 65_537)] {
            #expect(try remote.read(object, UInt64(start)..<UInt64(end)) == Array(bytes[start..<end]))
        }
        #expect(try remote.read(object, 99_990..<200_000) == Array(bytes[99_990...]))
        #expect(try remote.read(object, 100_000..<100_010) == [])
        #expect(try remote.read(object, 5..<5) == [])
        try remote.delete(object)
    }

    /// A file of many megabytes arrives byte for byte.
    func largeFiles() throws {
        var chance = Chance(7)
        var bytes = [UInt8](repeating: 0, count: 37 << 20)
        bytes.withUnsafeMutableBytes { buffer in
            for place in stride(from: 0, to: buffer.count, by: 8) {
                buffer.storeBytes(of: chance.next(), toByteOffset: place, as: UInt64.self)
            }
        }
        #expect(folder.write(bytes, to: "large"))
        let object = RemoteObject.pack(digest("large"))
        #expect(try remote.put(.file(folder.path + "/large"), at: object))
        #expect(try !remote.put(.file(folder.path + "/large"), at: object))
        #expect(try remote.size(of: object) == UInt64(bytes.count))
        let read = try #require(try remote.read(object, 0..<UInt64(bytes.count)))
        #expect(Digest256.sha256(of: read) == Digest256.sha256(of: bytes))
        try remote.delete(object)
    }

    /// Shelves are apart, names come in byte order, and a list goes on behind a name.
    func lists() throws {
        #expect(try remote.list(.packs, after: nil) == [])
        let objects = (0..<25).map { RemoteObject.pack(digest("list \($0)")) }
        for object in objects { #expect(try remote.put(.bytes([0, 0]), at: object)) }
        let wanted = objects.map(\.name).sorted()
        let found = try remote.list(.packs, after: nil)
        #expect(found == wanted.map { RemoteEntry(name: $0, size: 2) })
        #expect(try remote.list(.packs, after: wanted[9]).map(\.name) == Array(wanted[10...]))
        #expect(try remote.list(.packs, after: wanted[24]) == [])
        #expect(try remote.list(.nodes, after: nil) == [])
        for object in objects { try remote.delete(object) }
    }

    /// A ref moves from what it was seen to be, and from nothing else.
    func refs() throws {
        let object = RemoteObject.branch(try Label("branch.with-odd_name"))
        #expect(try remote.ref(object) == nil)
        #expect(try remote.swap(object, expected: nil, to: [1]))
        let first = try #require(try remote.ref(object))
        #expect(first.bytes == [1])
        #expect(try !remote.swap(object, expected: nil, to: [2]))
        #expect(try remote.swap(object, expected: first, to: [3]))
        #expect(try !remote.swap(object, expected: first, to: [4]))
        #expect(try remote.ref(object)?.bytes == [3])
        // The answer to the first attempt may have been lost.
        #expect(try remote.swap(object, expected: first, to: [3]))
        try remote.delete(object)
    }

    /// Of many writers of one object exactly one wins, and its bytes stand.
    func racingObjects() throws {
        let object = RemoteObject.pack(digest("race"))
        let winners = Mutex<[UInt8]>([])
        let failures = Mutex<[String]>([])
        try WorkerThread.concurrently(8) { number in
            do {
                let bytes = [UInt8](repeating: UInt8(number), count: 50_000)
                if try remote.put(.bytes(bytes), at: object) { winners.withLock { $0.append(UInt8(number)) } }
            } catch { failures.withLock { $0.append("\(error)") } }
        }
        #expect(failures.withLock { $0 } == [])
        let winner = try #require(winners.withLock { $0.count == 1 ? $0[0] : nil })
        #expect(try remote.read(object, 0..<50_000) == [UInt8](repeating: winner, count: 50_000))
        try remote.delete(object)
    }

    /// Four writers that each add five lines to a ref lose none.
    func racingRefs() throws {
        let object = RemoteObject.branch(try Label("race"))
        let failures = Mutex<[String]>([])
        try WorkerThread.concurrently(4) { writer in
            do {
                for line in 0..<5 {
                    while true {
                        let ref = try remote.ref(object)
                        let bytes = (ref?.bytes ?? []) + Array("\(writer).\(line)\n".utf8)
                        if try remote.swap(object, expected: ref, to: bytes) { break }
                    }
                }
            } catch { failures.withLock { $0.append("\(error)") } }
        }
        #expect(failures.withLock { $0 } == [])
        let lines = String(decoding: try #require(try remote.ref(object)).bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.map(String.init).sorted() == (0..<20).map { "\($0 / 5).\($0 % 5)" })
        try remote.delete(object)
    }
}
