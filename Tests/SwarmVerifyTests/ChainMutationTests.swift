import SwarmContracts
import SwarmVerify
import Testing

@Suite("Mutations of a chain")
struct ChainMutationTests {
    /// Where in a result the bytes of what nobody claims lie: where things are to be found.
    private func unclaimed(_ bytes: [UInt8]) -> Set<Int> {
        var positions: Set<Int> = []
        for value in ["local://b", "local://c"] {
            let text = Array(value.utf8)
            for start in 0...(bytes.count - text.count) where bytes[start..<start + text.count].elementsEqual(text) {
                positions.formUnion(start..<start + text.count)
            }
        }
        return positions
    }

    @Test("no chain holds after any byte of any document was changed", arguments: 0..<5, ChainLink.Part.allCases)
    func everyByte(position: Int, part: ChainLink.Part) throws {
        // Nodes behind the changed one can only add failures, so the shortest chain is the hardest test.
        let links = Array(try ChainFixture().links.prefix(position + 1))
        guard let bytes = links[position].bytes(of: part) else {
            #expect(position == 0)
            return
        }
        let skipped = part == .result ? unclaimed(bytes) : []
        // Every byte of one link; of the others, which are of the same kinds, a sample.
        for index in stride(from: 0, to: bytes.count, by: position == 2 ? 1 : 11) where !skipped.contains(index) {
            var broken = bytes
            broken[index] ^= [0x01, 0x02, 0x20, 0x80][index % 4]
            var chain = links
            chain[position] = links[position].replacing(part, by: broken)
            #expect(!ChainVerifier.verify(chain).passed, "byte \(index) of \(part)")
        }
    }

    @Test("no document may be cut short", arguments: 0..<5, ChainLink.Part.allCases)
    func truncated(position: Int, part: ChainLink.Part) throws {
        let links = Array(try ChainFixture().links.prefix(position + 1))
        guard let bytes = links[position].bytes(of: part) else {
            #expect(position == 0)
            return
        }
        for count in stride(from: 0, to: bytes.count, by: 37) {
            var chain = links
            chain[position] = links[position].replacing(part, by: Array(bytes.prefix(count)))
            #expect(!ChainVerifier.verify(chain).passed)
        }
    }
}

extension Set<Int> {
    mutating func formUnion(_ range: Range<Int>) { for position in range { insert(position) } }
}
