import SwarmContracts
import Testing

@Suite("Encodings of bytes")
struct EncodingTests {
    @Test(
        "hexadecimal reads back and refuses what is not lower case",
        arguments: [[], [0], [0xff, 0x10, 0x0a]] as [[UInt8]]
    )
    func hex(bytes: [UInt8]) {
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0G") == nil)
        #expect(Hex.decode("FF") == nil)
    }

    // RFC 4648, section 10.
    @Test(
        "base64 gives the RFC's vectors",
        arguments: zip(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"],
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
        )
    )
    func base64(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8), .standard) == encoded)
        #expect(Base64.decode(encoded, .standard) == Array(plain.utf8))
        let url = encoded.filter { $0 != "=" }
        #expect(Base64.encode(Array(plain.utf8), .url) == url)
        #expect(Base64.decode(url, .url) == Array(plain.utf8))
    }

    @Test("base64 has one text for one value", arguments: ["Zh==", "Zg=", "Zg", "Z", "Z===", "Zm9=", "Zm-v", "Zm9v\n"])
    func base64IsStrict(text: String) {
        #expect(Base64.decode(text, .standard) == nil)
    }
}
