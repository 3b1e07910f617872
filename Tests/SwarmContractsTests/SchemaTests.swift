import FoundationEssentials
import SwarmContracts
import Testing

/// The tree that these tests belong to.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }
}

@Suite("Schemas")
struct SchemaTests {
    static let fixtures = ProcessInfo.processInfo.environment["TEST_SHARED_DIR"].map { $0 + "/conformance/contracts" }

    @Test("the published fixtures are judged as their names say", .enabled(if: fixtures != nil))
    func publishedFixtures() throws {
        let folder = try #require(SchemaTests.fixtures)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
        #expect(names.count >= 8)
        for name in names {
            let kind = String(name.prefix { $0 != "." })
            let schema = try #require(DocumentSchema.named(kind), "\(name)")
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: folder).appending(path: name)))
            let violations = schema.validate(try JSONParser.parse(bytes))
            #expect(violations.isEmpty == name.hasSuffix(".valid.json"), "\(name): \(violations)")
        }
    }

    @Test("the files in schemas/ are what the shapes make", arguments: DocumentSchema.all.map(\.name))
    func files(name: String) throws {
        let schema = try #require(DocumentSchema.named(name))
        let text = PrettyJSON.text(schema.jsonSchema)
        let path = "schemas/\(name).schema.json"
        if ProcessInfo.processInfo.environment["SWARM_WRITE_SCHEMAS"] == "1" {
            try Data(text.utf8).write(to: Repository.root.appending(path: path))
        }
        #expect(try Repository.text(path) == text)
    }

    @Test("schemas/ holds no other file")
    func noOthers() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Repository.root.appending(path: "schemas").path)
        #expect(Set(files) == Set(DocumentSchema.all.map { "\($0.name).schema.json" }))
    }

    struct Broken: Sendable {
        let path: [JSONEdit.Step]
        let value: JSONValue
        let named: String
    }

    @Test(
        "a violation is named by its path",
        arguments: [
            Broken(
                path: [.name("network"), .name("token"), .name("ratchet_step")],
                value: -1,
                named: "$.network.token.ratchet_step"
            ),
            Broken(path: [.name("tags"), .position(0)], value: 1, named: "$.tags[0]"),
            Broken(path: [.name("created_at")], value: "2026-02-30 12:00", named: "$.created_at"),
            Broken(path: [.name("created_at")], value: "2026-13-01T00:00:00Z", named: "$.created_at"),
            Broken(
                path: [.name("workspace"), .name("artifact_hash")],
                value: "sha256:",
                named: "$.workspace.artifact_hash"
            ),
            Broken(
                path: [.name("workspace"), .name("artifact_hash")],
                value: "md5:x",
                named: "$.workspace.artifact_hash"
            ),
            Broken(path: [.name("parent_node_id")], value: 7, named: "$.parent_node_id"),
            Broken(path: [.name("schema_version")], value: "agent_swarm-node-v2", named: "$.schema_version"),
        ]
    )
    func paths(broken: Broken) throws {
        let value = try JSONParser.parse(try Samples.node().canonicalBytes)
        let schema = try #require(DocumentSchema.named("node"))
        let violations = schema.validate(JSONEdit.replacing(broken.path, in: value, by: broken.value))
        #expect(violations.map(\.path) == [broken.named])
    }

    @Test("readable stand-ins for hashes are taken by the schema and refused by the reader")
    func standIns() throws {
        let value = JSONEdit.replacing(
            [.name("request_hash")],
            in: try Samples.certificate().value,
            by: "sha256:request-hash"
        )
        try #require(DocumentSchema.named("certificate")).check(CanonicalJSON.encode(value))
        #expect(throws: DocumentFailure.self) { try Certificate(reading: CanonicalJSON.encode(value)) }
    }

    @Test("what is not an object, or not JSON, is no document", arguments: ["[]", "null", "\"x\"", "{", ""])
    func notObjects(text: String) {
        for schema in DocumentSchema.all {
            #expect(throws: DocumentFailure.self) { try schema.check(Array(text.utf8)) }
        }
    }

    @Test("the object that --json prints of an error is as its schema has it")
    func errorOutput() throws {
        let failure = DocumentFailure.critical(document: "node", path: "$.critical_x")
        let output: JSONValue = ["status": "error", "error": failure.errorObject]
        #expect(try #require(DocumentSchema.named("error_output")).validate(output).isEmpty)
        #expect(output["error"]?["code"] == "CRITICAL_MEMBER_UNKNOWN")
    }
}
