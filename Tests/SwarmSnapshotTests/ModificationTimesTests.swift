import Testing

@testable import SwarmSnapshot

@Suite("Modification times")
struct ModificationTimesTests {
    /// Paths whose byte order is not that of their folders: `a-b` lies between `a` and `a/b`.
    private static let names = ["a", "a-b", "a/b", "a/b/c", "a0", "ab", "b", "b/a", "b/a.", "c"]

    private func some(_ numbers: inout Numbers) -> [ModificationTimes.Entry] {
        ModificationTimesTests.names.filter { _ in Bool.random(using: &numbers) }.map {
            ModificationTimes.Entry(path: Array($0.utf8), nanoseconds: Int64.random(in: -5...5, using: &numbers))
        }
    }

    @Test("a change leaves what it does not name, and nothing at or below what is gone")
    func replacing() throws {
        var numbers = Numbers(7)
        for _ in 0..<3000 {
            let (old, new) = (some(&numbers), some(&numbers).shuffled(using: &numbers))
            let gone = Set(some(&numbers).map(\.path).prefix(2))
            let kept = old.filter { entry in
                !new.contains { $0.path == entry.path }
                    && !gone.contains { entry.path == $0 || entry.path.starts(with: $0 + [0x2f]) }
            }
            let times = ModificationTimes(old.shuffled(using: &numbers)).replacing(gone, with: new)
            #expect(times == ModificationTimes(kept + new))
            #expect(try ModificationTimes(decoding: times.encode()) == times)
            for name in ModificationTimesTests.names {
                let path = Array(name.utf8)
                #expect(times.time(of: path) == (kept + new).first { $0.path == path }?.nanoseconds)
            }
        }
    }

    @Test("a path too long for the form has no time, however it came, and its neighbours keep theirs")
    func longPaths() throws {
        let long = [UInt8](repeating: 0x62, count: 65_535)
        let entries = [[0x61], long, long + [0x2f, 0x63], [0x63]].enumerated().map { number, path in
            ModificationTimes.Entry(path: path, nanoseconds: Int64(number))
        }
        let times = ModificationTimes(entries)
        #expect(try ModificationTimes(decoding: times.encode()) == times)
        #expect(entries.map { times.time(of: $0.path) } == [0, 1, nil, 3])
        // What others wrote may hold one of 131,070 bytes: 65,535 of the path before, and as many more.
        var foreign: [UInt8] = [1, 0, 0, 0, 3, 0, 0, 0xff, 0xff] + long + [UInt8](repeating: 0, count: 8)
        foreign += [0xff, 0xff, 0xff, 0xff] + long + [UInt8](repeating: 0, count: 8)
        foreign += [0xff, 0xff, 0xff, 0xff] + [UInt8](repeating: 0x64, count: 65_535) + [UInt8](repeating: 0, count: 8)
        let read = try ModificationTimes(decoding: foreign)
        #expect(read.time(of: long) == 0 && read.time(of: long + long) == nil)
        #expect(try ModificationTimes(decoding: read.encode()) == read)
    }

    @Test("their bytes are the documented ones")
    func bytes() {
        let times = ModificationTimes([
            ModificationTimes.Entry(path: Array("b".utf8), nanoseconds: -1),
            ModificationTimes.Entry(path: Array("ab".utf8), nanoseconds: 2),
            ModificationTimes.Entry(path: Array("a".utf8), nanoseconds: 1),
        ])
        let one: [UInt8] = [0, 0, 0, 1, 0x61, 0, 0, 0, 0, 0, 0, 0, 1]
        let two: [UInt8] = [0, 1, 0, 1, 0x62, 0, 0, 0, 0, 0, 0, 0, 2]
        let three: [UInt8] = [0, 0, 0, 1, 0x62] + [UInt8](repeating: 0xff, count: 8)
        #expect(times.encode() == [1, 0, 0, 0, 3] + one + two + three)
    }
}
