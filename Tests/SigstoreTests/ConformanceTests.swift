import Sigstore
import Testing

@Suite("The public conformance cases", .enabled(if: Conformance.isAvailable, Comment(rawValue: Conformance.absence)))
struct ConformanceTests {
    @Test("All cases are there")
    func count() {
        #expect(Conformance.cases.count >= 200)
    }

    @Test("A case verified with the file gives the expected verdict", arguments: Conformance.cases)
    func byFile(_ item: Conformance.Case) throws {
        guard let artifact = try item.fileArtifact() else { return }
        #expect(try item.verdict(artifact) == (item.expected == "pass"))
    }

    @Test("A case verified with only the digest gives the expected verdict", arguments: Conformance.cases)
    func byDigest(_ item: Conformance.Case) throws {
        #expect(try item.verdict(item.digestArtifact()) == (item.expected == "pass"))
    }
}
