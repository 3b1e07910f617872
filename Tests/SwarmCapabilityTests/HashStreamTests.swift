import SwarmContracts
import TestTools
import Testing

@testable import SwarmCapability

/// Everything is compared with the library's SHA-256, on processors with the instructions and as on those without.
@Suite("SHA-256 of two messages side by side")
struct HashStreamTests {
    private func hash(_ pieces: [[UInt8]], extensions: Bool) -> Digest256 {
        var stream = HashStream(extensions: extensions)
        for piece in pieces { piece.withUnsafeBytes { stream.update($0) } }
        return stream.finish()
    }

    @Test("the examples of FIPS 180-4's authors", arguments: [true, false])
    func examples(extensions: Bool) {
        let examples = [
            "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ]
        for (text, hex) in examples { #expect(hash([Array(text.utf8)], extensions: extensions).hex == hex) }
        let million = [UInt8](repeating: 0x61, count: 1000)
        #expect(
            hash(Array(repeating: million, count: 1000), extensions: extensions).hex
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
    }

    @Test("a message of any length, cut anywhere", arguments: [true, false])
    func lengths(extensions: Bool) {
        var chance = Chance(1)
        for length in 0..<300 {
            let bytes = chance.bytes(length)
            let cut = chance.below(length + 1)
            let whole = Digest256.sha256(of: bytes)
            #expect(hash([bytes], extensions: extensions) == whole)
            #expect(hash([Array(bytes[..<cut]), [], Array(bytes[cut...])], extensions: extensions) == whole)
        }
    }

    @Test("two messages that come in pieces of any lengths", arguments: [true, false])
    func two(extensions: Bool) {
        var chance = Chance(2)
        for _ in 0..<300 {
            var streams = (HashStream(extensions: extensions), HashStream(extensions: extensions))
            var bytes: ([UInt8], [UInt8]) = ([], [])
            for _ in 0..<chance.below(6) {
                let pieces = (chance.bytes(chance.below(400)), chance.bytes(chance.below(400)))
                pieces.0.withUnsafeBytes { ones in
                    pieces.1.withUnsafeBytes { others in HashStream.update(&streams.0, ones, &streams.1, others) }
                }
                bytes.0 += pieces.0
                bytes.1 += pieces.1
            }
            #expect(streams.0.finish() == Digest256.sha256(of: bytes.0))
            #expect(streams.1.finish() == Digest256.sha256(of: bytes.1))
        }
    }

    @Test("several messages, each with its own hash")
    func several() {
        var chance = Chance(3)
        for count in 0..<40 {
            let messages = (0..<count).map { _ in chance.bytes(chance.below(chance.below(2) == 0 ? 70 : 5000)) }
            let joined = messages.flatMap { $0 }
            let hashes = joined.withUnsafeBytes { bytes in
                var position = 0
                return HashStream.hashes(
                    of: messages.map { message in
                        defer { position += message.count }
                        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + message.count])
                    }
                )
            }
            #expect(hashes == messages.map { Digest256.sha256(of: $0) })
        }
    }
}

extension Chance {
    fileprivate mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(below(256)) } }
}
