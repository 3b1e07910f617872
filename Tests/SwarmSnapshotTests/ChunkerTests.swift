import Testing

@testable import SwarmSnapshot

/// The search for a cut beside the few lines of docs/snapshot-format.md, written down as they stand there.
@Suite("Where content is cut")
struct ChunkerTests {
    private func reference(_ bytes: ArraySlice<UInt8>, _ table: [UInt64]) -> Int {
        guard bytes.count > 262_144 else { return bytes.count }
        let end = min(bytes.count, 4_194_304)
        var hash: UInt64 = 0
        for position in 262_144..<end {
            hash = (hash << 1) &+ table[Int(bytes[bytes.startIndex + position])]
            let mask: UInt64 = position < 1_048_576 ? 0xffff_fc00_0000_0000 : 0xffff_c000_0000_0000
            if hash & mask == 0 { return position + 1 }
        }
        return end
    }

    private func reference(all bytes: [UInt8], _ table: [UInt64]) -> [Int] {
        var lengths: [Int] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            lengths.append(reference(rest, table))
            rest = rest.dropFirst(lengths.last ?? 0)
        }
        return lengths
    }

    /// What the chunker makes of the bytes when they come in pieces.
    private func cut(_ bytes: [UInt8], _ chunker: Chunker, aligned: Bool = false, piece: () -> Int) -> [Int] {
        var lengths: [Int] = []
        var (start, known) = (0, 0)
        var search = Chunker.Search()
        bytes.withUnsafeBytes { bytes in
            while start < bytes.count {
                known = min(known + piece(), bytes.count)
                let isLast = known == bytes.count
                while start < known {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[start..<known])
                    guard let length = chunker.cut(rest, aligned: aligned, isLast: isLast, &search) else { break }
                    lengths.append(length)
                    start += length
                }
            }
        }
        return lengths
    }

    private func cutAtOnce(_ bytes: [UInt8], _ chunker: Chunker) -> [Int] {
        var lengths: [Int] = []
        var start = 0
        bytes.withUnsafeBytes { bytes in
            while start < bytes.count {
                lengths.append(chunker.cut(UnsafeRawBufferPointer(rebasing: bytes[start...]), aligned: false))
                start += lengths.last ?? 0
            }
        }
        return lengths
    }

    @Test(
        "random bytes are cut where the format says, at once and in pieces of any size",
        arguments: 0..<6 as Range<UInt64>
    )
    func random(seed: UInt64) {
        var numbers = Numbers(seed)
        let table = (0..<256).map { _ in numbers.next() }
        let bytes = numbers.bytes(6 << 20 + Int(numbers.next() % 70_000))
        let chunker = Chunker(table: table)
        let expected = reference(all: bytes, table)
        #expect(expected.count > 2)
        #expect(cutAtOnce(bytes, chunker) == expected)
        #expect(cut(bytes, chunker) { 256 << 10 } == expected)
        #expect(cut(bytes, chunker) { 1 + Int(numbers.next() % 200_000) } == expected)
    }

    /// The bits of a byte 1 keep the hash large until they have all left it; those of a byte 0 add nothing. So a cut falls where
    /// a run of zeros is long enough, and nowhere else: it can be put at any place of the stretches that are searched side by side.
    @Test("a cut is found at every place of a stretch, and of two the first", arguments: 0..<4 as Range<UInt64>)
    func everyPlace(seed: UInt64) {
        var numbers = Numbers(seed)
        var table = [UInt64](repeating: 1 << 63 | 1, count: 256)
        table[0] = 0
        var cuts = 0
        let chunker = Chunker(table: table)
        for _ in 0..<40 {
            var bytes = [UInt8](repeating: 1, count: 1_400_000 + Int(numbers.next() % 100_000))
            for _ in 0..<1 + Int(numbers.next() % 3) {
                let place = 262_000 + Int(numbers.next() % 1_100_000)
                let run = 30 + Int(numbers.next() % 40)
                bytes.replaceSubrange(place..<place + run, with: repeatElement(0, count: run))
            }
            let expected = reference(all: bytes, table)
            #expect(cutAtOnce(bytes, chunker) == expected)
            #expect(cut(bytes, chunker) { 1 + Int(numbers.next() % 30_000) } == expected)
            cuts += expected.count - 1
        }
        #expect(cuts > 10)
    }

    @Test(
        "the ends are those of the format: no cut before 256 KiB, one at 4 MiB at the latest, the rest as it is",
        arguments: [1, 262_143, 262_144, 262_145, 1_048_576, 4_194_303, 4_194_304, 4_194_305, 9_000_000]
    )
    func ends(count: Int) {
        let never = Chunker(table: [UInt64](repeating: 1 << 63, count: 256))
        let bytes = [UInt8](repeating: 7, count: count)
        let expected = (0..<(count + 4_194_303) / 4_194_304).map { min(4_194_304, count - $0 * 4_194_304) }
        #expect(cutAtOnce(bytes, never) == expected)
        #expect(cut(bytes, never) { 100_000 } == expected)
        let always = Chunker(table: [UInt64](repeating: 0, count: 256))
        #expect(cutAtOnce(bytes, always).first == min(count, 262_145))
    }

    @Test(
        "a database is cut at multiples of 1 MiB, however its bytes come",
        arguments: [5, 1 << 20, 3 << 20, 3_500_000]
    )
    func aligned(count: Int) {
        let chunker = Chunker(table: [UInt64](repeating: 0, count: 256))
        let bytes = [UInt8](repeating: 7, count: count)
        let expected = (0..<(count + 1_048_575) / 1_048_576).map { min(1_048_576, count - $0 * 1_048_576) }
        for piece in [256 << 10, 99_991] { #expect(cut(bytes, chunker, aligned: true) { piece } == expected) }
    }
}
