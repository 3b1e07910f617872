import SwarmCapability
import SwarmContracts
import Testing

@Suite("Compact JWS")
struct CompactJWSTests {
    private func jws(_ header: String, payload: String = "{}") throws -> String {
        let root = try #require(RootSecret(bytes: Array(0..<32)))
        let signed = [header, payload].map { Base64.encode(Array($0.utf8), .url) }.joined(separator: ".")
        return signed + "." + Base64.encode(root.signingKey().sign(Array(signed.utf8)), .url)
    }

    private func reason(_ text: String, largest: Int = 1 << 20) -> String? {
        do throws(JWSError) {
            _ = try CompactJWS(parsing: text, type: "t", largest: largest)
            return nil
        } catch { return error.reason }
    }

    @Test("what was signed reads back, any bytes at all")
    func roundTrip() throws {
        let key = try #require(RootSecret(bytes: Array(0..<32))).signingKey()
        let other = try #require(RootSecret(bytes: Array(1..<33))).signingKey()
        for payload in [[], [0, 255, 10], Array("{}".utf8)] as [[UInt8]] {
            let text = CompactJWS.sign(payload, type: "t", with: key)
            let read = try CompactJWS(parsing: text, type: "t")
            #expect(read.payload == payload)
            #expect(read.isSigned(by: key.publicKey))
            #expect(!read.isSigned(by: other.publicKey))
        }
    }

    @Test("a header that another writer spelled otherwise is taken as it was signed")
    func foreignHeader() throws {
        let key = try #require(RootSecret(bytes: Array(0..<32))).signingKey().publicKey
        let text = try jws(#"{ "typ": "t", "kid": "1", "alg": "EdDSA" }"#)
        #expect(try CompactJWS(parsing: text, type: "t").isSigned(by: key))
    }

    @Test(
        "a header that is not exactly what is asked for is refused",
        arguments: [
            (#"{"alg":"none","typ":"t"}"#, "$.alg"), (#"{"alg":"HS256","typ":"t"}"#, "$.alg"),
            (#"{"typ":"t"}"#, "$.alg"),
            (#"{"alg":"EdDSA","typ":"JWT"}"#, "$.typ"), (#"{"alg":"EdDSA"}"#, "$.typ"),
            (#"{"alg":"EdDSA","typ":"t","crit":["b64"],"b64":false}"#, "extension"),
            (#"{"alg":"EdDSA","typ":"t","critical_x":1}"#, "extension"),
            (#"{"alg":"EdDSA","alg":"none","typ":"t"}"#, "not a JSON object"), ("[]", "not a JSON object"),
        ]
    )
    func headers(header: String, expected: String) throws {
        #expect(reason(try jws(header))?.contains(expected) == true)
    }

    @Test("parts that are missing, too many, not base64url or too long are refused")
    func shape() throws {
        let text = try jws(#"{"alg":"EdDSA","typ":"t"}"#)
        #expect(reason(text) == nil)
        #expect(reason(text, largest: text.utf8.count - 1) != nil)
        for broken in ["", ".", "..", text + ".", text + "=", text + "\n", " " + text, String(text.dropLast(4))] {
            #expect(reason(broken) != nil)
        }
    }
}
