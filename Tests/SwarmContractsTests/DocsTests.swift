import SwarmContracts
import Testing

@Suite("What docs/ says of the documents")
struct DocsTests {
    @Test("an example in docs/ is the exact bytes of a document", arguments: try Samples.all())
    func examples(entry: Samples.Entry) throws {
        // This one differs from the plain node in what may be absent alone.
        guard entry.testDescription != "full node" else {
            #expect(try Repository.text("docs/documents.md").contains("`attestation`"))
            return
        }
        let page = entry.testDescription == "policy" ? "docs/policy.md" : "docs/documents.md"
        let lines = try Repository.text(page).split(separator: "\n")
        #expect(lines.contains { $0.isExactly(String(decoding: entry.bytes, as: UTF8.self)) })
    }

    @Test("docs/policy.md holds the default policy's hash")
    func defaultPolicy() throws {
        let lines = try Repository.text("docs/policy.md").split(separator: "\n")
        #expect(lines.contains { $0 == PolicyDocument.default.sha256.description })
    }

    @Test("every member that a schema names is in docs/", arguments: DocumentSchema.all.map(\.name))
    func members(name: String) throws {
        let text = try ["documents", "policy", "run-log"].map { try Repository.text("docs/\($0).md") }.joined()
        let schema = try #require(DocumentSchema.named(name))
        for member in DocsTests.names(in: schema.jsonSchema) {
            #expect(
                text.contains("`\(member)`") || text.contains(".\(member)`") || text.contains("\"\(member)\""),
                "\(member)"
            )
        }
    }

    /// The names under `properties`, at every depth.
    private static func names(in schema: JSONValue) -> Set<String> {
        guard case .object(let members) = schema else { return [] }
        var names: Set<String> = []
        if case .object(let properties)? = members["properties"] { names.formUnion(properties.keys) }
        for (key, value) in members where key == "properties" || key == "items" {
            if case .object(let inner) = value, key == "properties" {
                for property in inner.values { names.formUnion(DocsTests.names(in: property)) }
            } else {
                names.formUnion(DocsTests.names(in: value))
            }
        }
        return names
    }

    @Test("docs/exit-codes.md has each category at its code", arguments: FailureCategory.allCases)
    func categories(category: FailureCategory) throws {
        let lines = try Repository.text("docs/exit-codes.md").split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("| \(category.exitCode) |") && $0.contains("`\(category.rawValue)`") })
    }
}
