import SwarmCapability
import SwarmContracts
import Testing

@Suite("Secrets do not show")
struct RedactionTests {
    private func forms(_ bytes: [UInt8]) -> [String] {
        let decimal = bytes.map(String.init).joined(separator: ", ")
        return [Hex.encode(bytes), Base64.encode(bytes, .url), Base64.encode(bytes, .standard), decimal]
    }

    @Test("no way of printing shows a byte of any key")
    func printing() throws {
        let fixture = try Fixture()
        let (root, keys) = (fixture.root, fixture.keys)
        let content = root.contentSecret()
        let chunk = content.key(of: Digest256.sha256(of: []))
        let recovery = root.recoveryString()
        let values: [any Sendable] = [
            root, keys, keys.read, keys.write, keys.net, content, chunk, recovery, SecretBytes([1, 2, 3]),
            root.signingKey(), root.recipientKey(), fixture.worker, fixture.worker.text, root.localKey(.index),
            Keyring(current: root), KeyMaterial.read(keys.read), try fixture.token(),
            try fixture.verify(try fixture.token()),
        ]
        var secrets = [root].map(bytes) + [bytes(keys.read), bytes(keys.write), bytes(keys.net), bytes(content)]
        chunk.withBytes { secrets.append(Array($0)) }
        secrets.append(Array(32..<64))
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            dump([value], to: &dumped)
            let shown = "\(value)" + String(reflecting: value) + dumped + "\(Optional(value) as Any)"
            for secret in secrets {
                for form in forms(secret) { #expect(!shown.contains(form), "\(type(of: value))") }
            }
            #expect(!shown.contains(text(recovery)))
            #expect(!shown.contains(text(fixture.worker.text)))
            #expect(shown.utf8.count < 1500, "\(type(of: value)) shows more than its name")
        }
    }

    @Test("a secret text lends what it was made with")
    func secretText() {
        #expect(SecretText("pass").withBytes { Array($0) } == Array("pass".utf8))
        #expect(SecretText("p\u{e4}ss").withText { $0 } == "p\u{e4}ss")
        #expect(SecretText("").isEmpty && !SecretText(" ").isEmpty)
        #expect(SecretBytes([1, 2]).count == 2)
        #expect(SecretBytes([]).withBytes { $0.count } == 0)
    }
}
