import SwarmCapability
import SwarmContracts
import SwarmRemote
import TestTools
import Testing

/// The examples of the Amazon S3 API Reference ("Signature Calculations for the Authorization Header", "Authenticating
/// Requests: Using Query Parameters") and of AWS's signature test suite.
@Suite("AWS Signature Version 4")
struct SignatureTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        var query: [(name: String, value: String)] = []
        var fields: [(name: String, value: String)] = []
        var body = ""
        let signed: String
        let signature: String
        var testDescription: String { "\(method) \(path) \(query)" }
    }

    private static let secret = SecretText("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    private static let signer = SignatureV4(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: secret, region: "us-east-1")
    private static let time = SignatureTime(seconds: 1_369_353_600)

    static let examples = [
        Example(
            method: "GET",
            path: "/test.txt",
            fields: [("Range", "bytes=0-9")],
            signed: "host;range;x-amz-content-sha256;x-amz-date",
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        Example(
            method: "PUT",
            path: "/test$file.text",
            fields: [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            body: "Welcome to Amazon S3.",
            signed: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        Example(
            method: "GET",
            path: "/",
            query: [("lifecycle", "")],
            signed: "host;x-amz-content-sha256;x-amz-date",
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        Example(
            method: "GET",
            path: "/",
            query: [("prefix", "J"), ("max-keys", "2")],
            signed: "host;x-amz-content-sha256;x-amz-date",
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ]

    @Test("the published examples of signed headers come out", arguments: examples)
    func headers(example: Example) {
        let payload = Digest256.sha256(of: Array(example.body.utf8)).hex
        let fields =
            example.fields + [
                ("Host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", payload),
                ("x-amz-date", SignatureTests.time.text),
            ]
        let value = SignatureTests.signer.authorization(
            example.method,
            path: example.path,
            query: example.query,
            fields: fields,
            payload: payload,
            time: SignatureTests.time
        )
        #expect(
            value == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=\(example.signed), Signature=\(example.signature)"
        )
    }

    @Test("the published example of a signed URL comes out")
    func presigned() {
        let query = SignatureTests.signer.presignedQuery(
            "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/test.txt",
            seconds: 86_400,
            token: nil,
            time: SignatureTests.time
        )
        #expect(
            query == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        )
    }

    @Test("get-vanilla of the test suite comes out")
    func suite() {
        let signer = SignatureV4(
            accessKey: "AKIDEXAMPLE",
            secretKey: SecretText("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1",
            service: "service"
        )
        let value = signer.authorization(
            "GET",
            path: "/",
            query: [],
            fields: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")],
            payload: Digest256.sha256(of: []).hex,
            time: SignatureTime(seconds: 1_440_938_160)
        )
        #expect(value.hasSuffix("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"))
    }

    @Test(
        "moments are written as the calendar has them",
        arguments: [
            (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
            (1_709_251_199, "20240229T235959Z"), (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] as [(Int64, String)]
    )
    func moments(seconds: Int64, text: String) { #expect(SignatureTime(seconds: seconds).text == text) }

    @Test("a key is encoded byte for byte")
    func encoding() {
        #expect(SignatureV4.encode("a b/ä~-._+") == "a%20b%2F%C3%A4~-._%2B")
        #expect(SignatureV4.encode("a/b", keepsSlash: true) == "a/b")
        #expect(SignatureV4.encoded([("b", "2"), ("a", "1/"), ("a", "0")]) == "a=0&a=1%2F&b=2")
    }

    @Test("a signer shows no secret")
    func redacted() {
        var text = ""
        dump(SignatureTests.signer, to: &text)
        #expect(!text.contains("wJalr") && !"\(SignatureTests.signer)".contains("wJalr"))
    }
}
