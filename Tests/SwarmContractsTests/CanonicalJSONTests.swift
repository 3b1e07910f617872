import SwarmContracts
import Testing

@Suite("Canonical JSON")
struct CanonicalJSONTests {
    struct Number: Sendable {
        let bits: UInt64
        let text: String

        init(_ bits: UInt64, _ text: String) { (self.bits, self.text) = (bits, text) }
    }

    // RFC 8785, appendix B.
    @Test(
        "numbers are printed as ECMAScript prints them",
        arguments: [
            Number(0x0000_0000_0000_0000, "0"), Number(0x8000_0000_0000_0000, "0"),
            Number(0x0000_0000_0000_0001, "5e-324"), Number(0x8000_0000_0000_0001, "-5e-324"),
            Number(0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            Number(0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            Number(0x4340_0000_0000_0000, "9007199254740992"), Number(0xc340_0000_0000_0000, "-9007199254740992"),
            Number(0x4430_0000_0000_0000, "295147905179352830000"),
            Number(0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), Number(0x44b5_2d02_c7e1_4af6, "1e+23"),
            Number(0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            Number(0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            Number(0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), Number(0x444b_1ae4_d6e2_ef50, "1e+21"),
            Number(0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), Number(0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            Number(0x41b3_de43_5555_5553, "333333333.3333332"), Number(0x41b3_de43_5555_5554, "333333333.33333325"),
            Number(0x41b3_de43_5555_5555, "333333333.3333333"), Number(0x41b3_de43_5555_5556, "333333333.3333334"),
            Number(0x41b3_de43_5555_5557, "333333333.33333343"),
            Number(0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            Number(0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ]
    )
    func numbers(number: Number) {
        let value = JSONValue.number(Double(bitPattern: number.bits))
        #expect(String(decoding: CanonicalJSON.encode(value), as: UTF8.self) == number.text)
    }

    @Test("any finite number reads back as itself")
    func numbersReadBack() throws {
        var generator = SeededGenerator(seed: 8785)
        for _ in 0..<20_000 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite, number != 0 else { continue }
            let text = String(decoding: CanonicalJSON.encode(.number(number)), as: UTF8.self)
            #expect(Double(text) == number)
        }
    }

    // RFC 8785, section 3.2.2.
    @Test("the RFC's example comes out as the RFC has it")
    func example() throws {
        let source = #"""
            {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}
            """#
        let canonical =
            #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
            + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        let value = try JSONParser.parse(Array(source.utf8), numbers: .all)
        #expect(String(decoding: CanonicalJSON.encode(value), as: UTF8.self) == canonical)
    }

    // RFC 8785, section 3.2.3: the order of UTF-8 or of scalars would put the smiley last.
    @Test("members are sorted by UTF-16 code units")
    func order() throws {
        let names = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"]
        let sorted = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"]
        let object = JSONValue.object(Dictionary(uniqueKeysWithValues: names.map { ($0, JSONValue.null) }))
        let text = String(decoding: CanonicalJSON.encode(object), as: UTF8.self)
        let expected = "{" + sorted.map { "\"\($0 == "\r" ? "\\r" : $0)\":null" }.joined(separator: ",") + "}"
        #expect(text.isExactly(expected))
    }

    @Test("texts are escaped where they must be and nowhere else")
    func texts() {
        let text = (0..<0x20).map { String(UnicodeScalar(UInt8($0))) }.joined() + "\"\\/\u{7f}\u{2028}é e\u{301}"
        let expected =
            #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013"#
            + #"\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\"\\/"#
            + "\u{7f}\u{2028}é e\u{301}\""
        #expect(CanonicalJSON.encode(.string(text)) == Array(expected.utf8))
    }

    @Test("the readable form says the same as the canonical one")
    func pretty() throws {
        let value: JSONValue = ["b": [1, [], ["a": nil]], "a": "x\"y", "c": [:]]
        let text = PrettyJSON.text(value)
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
        #expect(text.hasPrefix("{\n  \"a\": \"x\\\"y\",\n  \"b\": [\n    1,\n    [],\n"))
        #expect(text.hasSuffix("}\n"))
    }
}
