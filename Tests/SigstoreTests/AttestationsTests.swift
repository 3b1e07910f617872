import Crypto
import Testing

@testable import Sigstore

@Suite("Files of attestations")
struct AttestationsTests {
    private func bundle(_ hint: String) throws -> String {
        String(
            decoding: try BundleSigner.bundle(
                statement: TestInstance.statement,
                key: Curve25519.Signing.PrivateKey(),
                hint: hint
            ),
            as: UTF8.self
        )
    }

    private func hints(_ text: String) throws -> [String] {
        try Attestations.bundles(in: Array(text.utf8)).map { bundle in
            guard case .publicKey(let hint) = bundle.signer else { return "" }
            return hint
        }
    }

    @Test("A bundle, lines of bundles and the GitHub API's answer are read in their order")
    func forms() throws {
        let one = try bundle("1")
        let two = try bundle("2")
        #expect(try hints(one) == ["1"])
        #expect(try hints(one + "\n") == ["1"])
        #expect(try hints("\(one)\n\n\(two)\r\n") == ["1", "2"])
        let answer = "{\"attestations\":[{\"bundle\":\(one),\"repository_id\":1},\n{\"bundle\":\(two)}]}"
        #expect(try hints(answer) == ["1", "2"])
        #expect(try hints(one.replacing(",", with: ",\n  ")) == ["1"])
    }

    @Test("What holds no bundle, or a broken one among others, is refused")
    func refused() throws {
        let one = try bundle("1")
        let broken = [
            "", "{}", "[]", "{\"attestations\":[]}", "{\"attestations\":[{}]}", "\(one)\n{}", "\(one)\n{",
            "\(one)\(one)",
            "{\"attestations\":{}}", "null", "\(one)\nnull",
        ]
        for text in broken { #expect(throws: SigstoreError.self, "\(text)") { try hints(text) } }
        let many = [String](repeating: one, count: 1025).joined(separator: "\n")
        #expect(throws: SigstoreError.self) { try hints(many) }
    }
}
