import SwarmCapability
import SwarmContracts
import SwarmHTTP
import TestTools
import Testing

@testable import SwarmRemote

@Suite("Where the address and the credentials of S3 come from")
struct S3SettingsTests {
    private let credentials = """
        # a comment
        [default]
        aws_access_key_id = AKDEFAULT
        aws_secret_access_key = hush-default

        [work]
        aws_access_key_id=AKWORK
        aws_secret_access_key=hush=work/+
        aws_session_token = hush-token
        """
    private let config = """
        [default]
        region = eu-west-1
        s3 =
            addressing_style = path
        [profile work]
        region = ap-south-1
        endpoint_url = https://s3.example.com:9000/
        """

    private func settings(_ environment: [String: String]) throws -> S3Settings {
        try S3Settings(remote: "s3://b", variable: { environment[$0] }) { [credentials, config] path in
            switch path {
            case "/h/.aws/credentials": credentials
            case "/h/.aws/config": config
            case "/broken": "[default]\nhush-hush\n"
            default: nil
            }
        }
    }

    private func text(_ secret: SecretText?) -> String? { secret.map { $0.withText { $0 } } }

    private func own(_ settings: S3Settings) throws -> S3Credentials {
        try settings.credentials.credentials(for: "s3://b", over: HTTPClient())
    }

    @Test("the default section serves where nothing is set")
    func defaults() throws {
        let found = try settings(["HOME": "/h"])
        let own = try own(found)
        #expect(own.accessKey == "AKDEFAULT" && text(own.secretKey) == "hush-default" && own.token == nil)
        #expect(found.region == "eu-west-1" && found.endpoint == "https://s3.eu-west-1.amazonaws.com")
    }

    @Test("AWS_PROFILE chooses a section of both files")
    func profile() throws {
        let found = try settings(["HOME": "/h", "AWS_PROFILE": "work"])
        let own = try own(found)
        #expect(own.accessKey == "AKWORK" && text(own.secretKey) == "hush=work/+")
        #expect(text(own.token) == "hush-token" && found.region == "ap-south-1")
        #expect(found.endpoint == "https://s3.example.com:9000" && found.host == "s3.example.com:9000")
    }

    @Test("the environment beats the files")
    func environment() throws {
        let found = try settings([
            "HOME": "/h", "AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "hush-env", "AWS_SESSION_TOKEN": "",
            "AWS_DEFAULT_REGION": "sa-east-1", "AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "http://b:2",
        ])
        let own = try own(found)
        #expect(own.accessKey == "AKENV" && text(own.secretKey) == "hush-env" && own.token == nil)
        #expect(found.region == "sa-east-1" && found.endpoint == "http://b:2")
    }

    @Test(
        "what is missing or malformed is named, and never shown",
        arguments: [
            ["HOME": "/none"], ["HOME": "/h", "AWS_PROFILE": "nobody"],
            ["HOME": "/h", "AWS_SHARED_CREDENTIALS_FILE": "/broken"], ["HOME": "/h", "AWS_REGION": "eu west"],
            ["HOME": "/h", "AWS_ENDPOINT_URL": "https://x/y"], ["HOME": "/h", "AWS_ENDPOINT_URL": "x.example.com"],
        ]
    )
    func refused(environment: [String: String]) {
        let failure = #expect(throws: RemoteFailure.self) { try settings(environment) }
        #expect(failure?.category == .invalidInput)
        #expect(failure?.message.contains("hush") == false)
    }

    @Test("no bytes of a file make the reader crash")
    func random() {
        var chance = Chance(11)
        let alphabet = Array("[]=# \t\r\nabc;\u{e9}".unicodeScalars)
        for _ in 0..<3000 {
            var text = ""
            for _ in 0..<chance.below(60) { text.unicodeScalars.append(chance.pick(alphabet)) }
            _ = try? SectionedFile(text, file: "f")
        }
    }

    @Test("a bucket and its prefix are plain names")
    func places() {
        #expect(S3Place(bucket: "my-bucket", prefix: ["a", "b"])?.prefix == "a/b")
        for (bucket, prefix) in [("", []), ("ab", []), ("a/b", []), ("abc", [".."]), ("abc", [""]), ("abc", ["a b"])] {
            #expect(S3Place(bucket: bucket, prefix: prefix) == nil)
        }
    }
}

@Suite("Answers of S3 in XML")
struct XMLElementTests {
    @Test("elements, text and entities are read, and what stands around them passed over")
    func read() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment > with < marks -->
            <s3:List xmlns:s3="x"><Key>a&amp;b&#x26;&#38;&lt;&quot;</Key><Empty/><Part n="1"><N>1</N></Part>
            <Part><N>2</N></Part></s3:List>
            """
        let root = try #require(XMLElement(Array(text.utf8)))
        #expect(root.name == "List" && root["Key"] == "a&b&&<\"" && root["Empty"] == "" && root["None"] == nil)
        #expect(root.all("Part").map { $0["N"] } == ["1", "2"])
        #expect(XMLElement(Array("<a>\(XMLElement.encoded("<&\">"))</a>".utf8))?.text == "<&\">")
    }

    @Test(
        "what is no document is none",
        arguments: [
            "", "text", "<a>", "<a></b>", "</a>", "<a></a><b/>", "<a>&nope;</a>", "<!DOCTYPE a><a/>", "<a>&#xD800;</a>",
            "<>", "<a", String(repeating: "<a>", count: 1000),
        ]
    )
    func refused(text: String) { #expect(XMLElement(Array(text.utf8)) == nil) }

    @Test("cut and flipped documents never crash the reader")
    func mutated() {
        let whole = Array("<?xml?><a b='c'><k>x&amp;y</k><!-- z --><p><n>1</n><e/></p></a>".utf8)
        var chance = Chance(5)
        for _ in 0..<5000 {
            var bytes = Array(whole.prefix(chance.below(whole.count + 1)))
            for _ in 0..<chance.below(4) where !bytes.isEmpty {
                bytes[chance.below(bytes.count)] = UInt8(truncatingIfNeeded: chance.next())
            }
            _ = XMLElement(bytes)
        }
    }
}
