import SwarmContracts
import SwarmPlatform
import Synchronization
import Testing

@testable import SwarmSnapshot

#if canImport(Glibc)
import Glibc
#endif

@Suite("Packs that are being written")
struct PackWriterTests {
    @Test("packs written past the page cache, and by several threads, hold what was given", arguments: [0, 1, 9])
    func direct(mostCached: Int) throws {
        let store = try TestStore()
        let chunks = (0..<60).map { [UInt8](repeating: UInt8($0), count: 700_001 + $0 * 4099) }
        let writer = try PackWriter(folder: store.packs, temporary: store.scratch.folder("tmp"), mostCached: mostCached)
        try WorkerThread.concurrently(2) { first in
            for number in stride(from: first, to: chunks.count, by: 2) {
                let isNew = try? writer.add(Digest256.sha256(of: chunks[number]), chunks[number])
                #expect(isNew == true)
            }
        }
        let packs = try writer.finish()
        #expect(packs.flatMap(\.entries).count == chunks.count)
        for pack in packs {
            #expect(try PackFile.readTable(pack.path).entries == pack.entries)
            let bytes = try Files.read(pack.path)
            for entry in pack.entries {
                let chunk = bytes[Int(entry.offset)..<Int(entry.offset) + Int(entry.length)]
                #expect(Digest256.sha256(of: Array(chunk)) == entry.name)
            }
        }
        #expect(try Files.names(in: store.scratch.path + "/tmp").isEmpty)
    }

    @Test("what a thread writes lies in one piece, however threads take turns, and no more packs are open than threads")
    func neighbours() throws {
        let store = try TestStore()
        let writer = try PackWriter(folder: store.packs, temporary: store.scratch.folder("tmp"))
        var numbers = Numbers(5)
        let first = numbers.bytes(5 << 20)
        try writer.add(Digest256.sha256(of: first), first)
        let chunks = (0..<40).map { _ in numbers.bytes(100_000) }
        let names = chunks.map { Digest256.sha256(of: $0) }
        let turn = Mutex(0)
        try WorkerThread.concurrently(2) { thread in
            for number in stride(from: thread, to: chunks.count, by: 2) {
                while turn.withLock({ $0 }) != number { usleep(50) }
                let isNew = try? writer.add(names[number], chunks[number])
                #expect(isNew == true)
                turn.withLock { $0 += 1 }
            }
        }
        let packs = try writer.finish()
        #expect(packs.count == 2)
        for thread in 0..<2 {
            let mine = stride(from: thread, to: chunks.count, by: 2).map { names[$0] }
            #expect(packs.contains { $0.entries.map(\.name).suffix(mine.count).elementsEqual(mine) })
        }
    }
}
