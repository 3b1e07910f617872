import SwarmCapability
import SwarmContracts
import Testing

@Suite("Sealing of chunks")
struct ChunkSealTests {
    @Test("a chunk opens to what was sealed and to nothing after any flipped byte")
    func roundTrip() throws {
        let secret = try #require(ContentSecret(bytes: Array(0..<32)))
        let payload = Array("the same bytes".utf8)
        let h = payload.withUnsafeBytes { ContentSecret.frameHash(.raw, $0) }
        let sealed = payload.withUnsafeBytes { ChunkSeal.seal(.raw, $0, secret.key(of: h)) }
        let opened = try sealed.withUnsafeBytes { try ChunkSeal.open($0, secret.key(of: h)) }
        #expect(opened.payload == payload)
        for position in sealed.indices {
            var broken = sealed
            broken[position] ^= 1
            #expect(throws: ChunkOpenError.sealBroken) {
                try broken.withUnsafeBytes { try ChunkSeal.open($0, secret.key(of: h)) }
            }
        }
    }
}
