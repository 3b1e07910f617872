import SwarmContracts
import Testing

@Suite("Strict reading of JSON")
struct JSONParserTests {
    @Test(
        "what is not strict JSON is refused",
        arguments: [
            "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
            "{'a':1}",
            "nul", "nulll", "True", "01", "-", "-01", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_0", "NaN", "Infinity",
            "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
            "\"\\ud800\\ud800\"", "\"\t\"", "\"\u{0}\"", "{} {}", "{}x", "\u{feff}{}", "// x\n{}", "/**/{}",
            "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "{\"\u{e9}\":1,\"e\u{301}\":2}", "{\"\u{212a}\":1}",
        ]
    )
    func refused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(text.utf8), numbers: .all) }
    }

    @Test(
        "numbers that contracts do not allow are refused, and taken where all are",
        arguments: ["1.0", "-0", "1e2", "0.1", "9007199254740992", "-9007199254740992", "1E-7"]
    )
    func onlyIntegers(text: String) throws {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(text.utf8)) }
        let value = try JSONParser.parse(Array(text.utf8), numbers: .all)
        #expect(value == .number(try #require(Double(text))))
    }

    @Test("a number beyond every double is refused", arguments: ["1e400", "-1e400"])
    func tooLarge(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(text.utf8), numbers: .all) }
    }

    @Test("the largest integers are exact", arguments: [9_007_199_254_740_991, -9_007_199_254_740_991, 0] as [Int64])
    func integers(value: Int64) throws {
        #expect(try JSONParser.parse(Array(String(value).utf8)) == .integer(value))
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]] as [[UInt8]]
    )
    func notUTF8(bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
    }

    @Test("nesting has an end that is not the stack's")
    func nesting() throws {
        let deepest = JSONParser.deepestNesting
        let fits = String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest)
        _ = try JSONParser.parse(Array(fits.utf8))
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(bytes) }
    }

    @Test("surrogates make one character and escapes the same text as plain characters")
    func escapes() throws {
        let value = try JSONParser.parse(Array(#""\ud83d\ude00\u00e9\b\f\/""#.utf8))
        #expect(value == .string("\u{1f600}\u{e9}\u{8}\u{c}/"))
    }

    @Test("texts that Unicode takes for equivalent are not the same value")
    func exactness() {
        #expect("\u{212a}" == "K")
        #expect(JSONValue.string("\u{212a}") != .string("K"))
        #expect(JSONValue.object(["\u{e9}": 1]) != .object(["e\u{301}": 1]))
        #expect(JSONValue.array(["e\u{301}"]) != .array(["\u{e9}"]))
        #expect(JSONValue.object(["a": "\u{e9}"]) == .object(["a": "\u{e9}"]))
    }

    @Test("no other character passes for one of ASCII in a member's name")
    func disguises() {
        // A set of strings looks up by Unicode's equivalence, as a dictionary does.
        let plain = Set((UInt8(0)..<0x80).map { String(UnicodeScalar($0)) })
        for value in UInt32(0x80)...0x10ffff {
            guard let scalar = UnicodeScalar(value), plain.contains(String(scalar)) else { continue }
            let text = "{\"\(scalar)\":1}"
            #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(text.utf8)) }
        }
    }

    @Test("whatever a mutation leaves readable has one canonical form")
    func mutations() throws {
        let source = Array(
            #"{"a":[1,-2,{"b":"\u00e9\n","c":null}],"d":true,"e":{"f":"€😀","g":[]},"h":9007199254740991}"#.utf8
        )
        _ = try JSONParser.parse(source)
        var generator = SeededGenerator(seed: 1)
        var read = 0
        for _ in 0..<20_000 {
            let bytes = source.mutated(by: &generator)
            guard let value = try? JSONParser.parse(bytes) else { continue }
            read += 1
            let canonical = CanonicalJSON.encode(value)
            #expect(try JSONParser.parse(canonical) == value)
            #expect(try CanonicalJSON.encode(JSONParser.parse(canonical)) == canonical)
        }
        #expect(read > 0)
    }
}
