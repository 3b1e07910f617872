import SwarmCapability
import Testing

@Suite("Masking of secrets in a stream")
struct StreamMaskerTests {
    private func mask(_ secrets: [String], _ pieces: [String]) -> String {
        var masker = StreamMasker(masking: secrets.map { Array($0.utf8) })
        var shown: [UInt8] = []
        for piece in pieces { shown += masker.feed(Array(piece.utf8)) }
        shown += masker.finish()
        return String(decoding: shown, as: UTF8.self)
    }

    @Test(
        "a secret is replaced, wherever it lies and whatever it overlaps",
        arguments: [
            ([], "nothing", "nothing"), (["abc"], "xabcx", "x[masked]x"), (["abc"], "abc", "[masked]"),
            (["abc"], "ab", "ab"), (["abc"], "ababc", "ab[masked]"), (["abc"], "abcabc", "[masked][masked]"),
            (["abc", "abcdef"], "abcdef.", "[masked]."), (["abc", "abcdef"], "abcdex", "[masked]dex"),
            (["abcd", "cdef"], "abcdef.", "[masked]."), (["aa"], "aaaaa", "[masked]"),
            (["bc", "abcd"], "abcx", "a[masked]x"),
            (["", "z"], "az", "a[masked]"), (["abc", "abc"], "abc", "[masked]"),
        ]
    )
    func masks(secrets: [String], stream: String, expected: String) {
        #expect(mask(secrets, [stream]) == expected)
        #expect(mask(secrets, stream.map { String($0) }) == expected)
    }

    /// The same by brute force: what is shown in the end, and how much of it stands for the bytes before each place.
    private func model(_ secrets: [[UInt8]], _ stream: [UInt8]) -> (shown: [UInt8], reached: [Int]) {
        var covered = 0
        var shown: [UInt8] = []
        var reached: [Int] = []
        for position in stream.indices {
            reached.append(shown.count)
            let longest = secrets.filter { stream[position...].starts(with: $0) }.map(\.count).max() ?? 0
            if longest > 0, covered == 0 { shown += StreamMasker.replacement }
            covered = max(covered, longest)
            if covered > 0 { covered -= 1 } else { shown.append(stream[position]) }
        }
        return (shown, reached + [shown.count])
    }

    @Test(
        "however the stream is cut, the result is the same, and little is held back",
        arguments: 0..<60 as Range<UInt64>
    )
    func cuts(seed: UInt64) {
        var random = SplitMix(state: seed)
        func word(_ counts: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: counts, using: &random)).map { _ in UInt8.random(in: 97...99, using: &random) }
        }
        let secrets = (0..<Int.random(in: 1...4, using: &random)).map { _ in word(1...6) }
        let stream = word(0...200)
        let (whole, reached) = model(secrets, stream)
        let longest = secrets.map(\.count).max() ?? 1
        var masker = StreamMasker(masking: secrets)
        for _ in 0..<3 {
            var shown: [UInt8] = []
            var position = 0
            while position < stream.count {
                let end = min(stream.count, position + Int.random(in: 0...9, using: &random))
                shown += masker.feed(Array(stream[position..<end]))
                position = end
                #expect(whole.starts(with: shown))
                #expect(shown.count >= reached[max(0, position - (longest - 1))])
            }
            shown += masker.finish()
            #expect(shown == whole)
        }
    }

    @Test("nothing is held back where no secret can have begun")
    func noDelay() {
        var masker = StreamMasker(masking: [Array("secret".utf8)])
        #expect(masker.feed(Array("prompt> ".utf8)) == Array("prompt> ".utf8))
        #expect(masker.feed(Array("sec".utf8)) == [])
        #expect(masker.feed(Array("ond".utf8)) == Array("second".utf8))
        #expect(masker.finish() == [])
        var idle = StreamMasker(masking: [])
        #expect(idle.feed([1, 2, 3]) == [1, 2, 3])
    }
}
