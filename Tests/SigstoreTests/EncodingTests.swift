import Testing

@testable import Sigstore

@Suite("Encodings")
struct EncodingTests {
    private func json(_ text: String, depth: Int = 100) -> JSONValue? {
        try? JSONValue(Array(text.utf8), limits: JSONValue.Limits(bytes: 1 << 20, depth: depth))
    }

    @Test("The pre-authentication encoding is the one of the DSSE protocol")
    func preAuthenticationEncoding() {
        let encoded = Envelope.preAuthenticationEncoding(
            payloadType: "http://example.com/HelloWorld",
            payload: Array("hello world".utf8)
        )
        #expect(
            String(decoding: encoded, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        )
        #expect(Envelope.preAuthenticationEncoding(payloadType: "", payload: []) == Array("DSSEv1 0  0 ".utf8))
        #expect(
            Envelope.preAuthenticationEncoding(payloadType: "\u{e9}", payload: []) == Array("DSSEv1 2 \u{e9} 0 ".utf8)
        )
    }

    @Test("Base64 goes there and back, and only in its one spelling")
    func base64() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(TextEncoding.base64Decode(TextEncoding.base64Encode(bytes).utf8) == bytes)
        }
        #expect(TextEncoding.base64Encode([0xfb, 0xff]) == "+/8=")
        for text in ["A", "AA", "AAA", "AA=", "AB==", "AAB=", "A===", "====", "AA==AAAA", "-_8=", "AA= =", "AAAA\n"] {
            #expect(TextEncoding.base64Decode(text.utf8) == nil, "\(text)")
        }
    }

    @Test("Hexadecimal is read in both letter cases and nothing else is")
    func hexadecimal() {
        #expect(TextEncoding.hexDecode("00aFfA") == [0, 0xaf, 0xfa])
        #expect(TextEncoding.hexEncode([0, 0xaf]) == "00af")
        for text in ["0", "0g", "+1", " 1"] { #expect(TextEncoding.hexDecode(text) == nil) }
    }

    @Test("JSON that two readers could read differently is refused")
    func strictJSON() {
        let good = [
            "null", " [1, -2.5e+3, \"\\u00e9\\ud83d\\ude00\\n\", {}, {\"a\":[]}] ", "\"\"", "0", "-0", "1E5", "[]",
        ]
        for text in good { #expect(json(text) != nil, "\(text)") }
        let bad = [
            "", " ", "nul", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{a:1}",
            "01",
            "1.", ".5", "+1", "1e", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\n\"", "\"",
            "1 2",
            "\"\\u12\"", "NaN", "[", "{", "{\"a\"", "{\"a\":", "'a'", "//", "\"\\u+123\"",
        ]
        for text in bad { #expect(json(text) == nil, "\(text)") }
        #expect(json(String(repeating: "[", count: 5) + String(repeating: "]", count: 5), depth: 5) != nil)
        #expect(json(String(repeating: "[", count: 6) + String(repeating: "]", count: 6), depth: 5) == nil)
        #expect(json(String(repeating: "[", count: 1_000_000)) == nil)
    }

    @Test("Names and words that only look equal are others")
    func exactNames() throws {
        #expect(json("{\"K\":1,\"\u{212a}\":2}") != nil)
        func field(_ text: String) throws -> JSONField {
            try JSONField(text: Array(text.utf8), limits: JSONValue.Limits(bytes: 100), code: .bundleMalformed)
        }
        #expect(try field("{\"\u{212a}\":1}").optional("K") == nil)
        #expect(throws: SigstoreError.self) { try field("\"\u{37e}\"").word() }
        #expect(throws: SigstoreError.self) {
            try Bundle(
                json: Array("{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json\u{37e}version=0.3\"}".utf8)
            )
        }
    }

    @Test("Text is written as JSON that reads back the same")
    func writeJSON() throws {
        let text = "\"\\\n\r\t\u{1}/\u{e9}\u{1f600}"
        guard case .string(let read)? = json(JSONText.string(text)) else {
            Issue.record("not a string")
            return
        }
        #expect(read == text)
    }

    @Test("Times are read and written, and no others are")
    func instants() {
        let pairs: [(String, Int64, Int32)] = [
            ("1970-01-01T00:00:00Z", 0, 0), ("2000-02-29T12:00:00Z", 951_825_600, 0),
            ("1969-12-31T23:59:59Z", -1, 0), ("2022-12-31T23:59:59.999Z", 1_672_531_199, 999_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0), ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ]
        for (text, seconds, nanoseconds) in pairs {
            let instant = Instant(rfc3339: text)
            #expect(instant?.seconds == seconds)
            #expect(instant?.nanoseconds == nanoseconds)
        }
        #expect(Instant(rfc3339: "2000-02-29T12:00:00+01:30") == Instant(rfc3339: "2000-02-29T10:30:00Z"))
        #expect(Instant(seconds: -1).description == "1969-12-31T23:59:59Z")
        #expect(Instant(milliseconds: 951_825_600_250).description == "2000-02-29T12:00:00.250000000Z")
        let bad = [
            "", "2001-02-29T00:00:00Z", "2001-00-01T00:00:00Z", "2001-01-01T24:00:00Z", "2001-01-01T00:00:60Z",
            "2001-01-01T00:00:00", "2001-01-01T00:00:00.Z", "2001-01-01T00:00:00.1234567890Z", "2001-01-01 00:00:00Z",
            "2001-01-01T00:00:00Zx", "2001-01-01T00:00:00+24:00",
        ]
        for text in bad { #expect(Instant(rfc3339: text) == nil, "\(text)") }
    }

    @Test("ASN.1 elements are bounded by what is there")
    func elements() throws {
        var reader = BERReader([0x30, 0x03, 0x02, 0x01, 0x05, 0x04, 0x00][...])
        let sequence = try reader.next(BERTag.sequence)
        var inner = try sequence.reader()
        #expect(try inner.next(BERTag.integer).smallInteger() == 5)
        #expect(inner.isAtEnd)
        #expect(try reader.next().octets().isEmpty)
        #expect(reader.isAtEnd)
        let bad: [[UInt8]] = [
            [], [0x30], [0x30, 0x01], [0x30, 0x81], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], [0x1f, 0x01, 0x00],
            [0x30, 0x85, 0, 0, 0, 0, 0], [0x04, 0x80, 0, 0], [0x30, 0x80, 0x00], [0x30, 0x80, 0x02, 0x01, 0x01],
        ]
        for bytes in bad {
            #expect(throws: BERFailure.self) {
                var reader = BERReader(bytes[...])
                _ = try reader.next()
            }
        }
    }

    @Test("Indefinite lengths and split strings are read, and nesting has an end")
    func indefinite() throws {
        let element = try BERReader.only([0x24, 0x80, 0x04, 0x01, 0x61, 0x04, 0x01, 0x62, 0x00, 0x00][...], tag: 0x24)
        #expect(try element.octets() == [0x61, 0x62])
        #expect(!element.isDefinite)
        let deep = [[UInt8]](repeating: [0x30, 0x80], count: 100_000).flatMap(\.self)
        #expect(throws: BERFailure.self) { try BERReader.only(deep[...], tag: 0x30) }
    }

    @Test("A PEM text holds exactly one block")
    func pem() {
        func block(_ text: String) -> PEMBlock? { PEMBlock(Array(text.utf8)) }
        #expect(block("-----BEGIN X Y-----\nAAAA\nAAAA\n-----END X Y-----\n")?.bytes == [0, 0, 0, 0, 0, 0])
        #expect(block("-----BEGIN X-----\r\nAAAA \r\n-----END X-----")?.label == "X")
        let one = "-----BEGIN X-----\nAAAA\n-----END X-----\n"
        for text in ["", "AAAA", one + one, "a\n" + one, one + "a", one.replacing("END X", with: "END Y")] {
            #expect(block(text) == nil)
        }
    }
}
