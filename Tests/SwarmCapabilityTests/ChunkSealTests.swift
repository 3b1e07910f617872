import SwarmCapability
import SwarmContracts
import Testing

@Suite("Sealing of chunks")
struct ChunkSealTests {
    @Test(
        "a chunk opens to what was sealed and to nothing after any flipped byte",
        arguments: [ChunkCodec.raw, .zstd],
        ["", "b", "the same bytes", String(repeating: "many of them, ", count: 50)]
    )
    func roundTrip(codec: ChunkCodec, text: String) throws {
        let secret = try #require(ContentSecret(bytes: Array(0..<32)))
        let payload = Array(text.utf8)
        let h = payload.withUnsafeBytes { ContentSecret.frameHash(codec, $0) }
        let chunk = payload.withUnsafeBytes { ChunkSeal.seal(codec, $0, secret.key(of: h)) }
        let sealed = chunk.withUnsafeBytes { Array($0) }
        #expect(sealed.count == payload.count + ChunkSeal.overhead)
        #expect(sealed.first == codec.rawValue)
        let opened = try sealed.withUnsafeBytes { try ChunkSeal.open($0, secret.key(of: h)) }
        #expect(opened.codec == codec)
        #expect(opened.payload.count == payload.count)
        #expect(opened.payload.withUnsafeBytes { Array($0) } == payload)
        for position in sealed.indices {
            var broken = sealed
            broken[position] ^= 1
            #expect(throws: ChunkOpenError.sealBroken) {
                try broken.withUnsafeBytes { try ChunkSeal.open($0, secret.key(of: h)) }
            }
        }
    }
}
