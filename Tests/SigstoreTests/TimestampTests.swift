import Testing
import X509

@testable import Sigstore

@Suite("RFC 3161 timestamps")
struct TimestampTests {
    private let signature: [UInt8] = [1, 2, 3]

    private func verify(_ response: [UInt8], _ authorities: [TestTimestampAuthority]) throws -> Instant {
        let instance = try TestInstance()
        var json = String(decoding: instance.trustedRootJSON(), as: UTF8.self)
        for authority in authorities {
            json.replace(instance.base64(instance.timestamps.der), with: instance.base64(authority.der))
            json.replace(instance.base64(instance.timestamps.root.der), with: instance.base64(authority.root.der))
        }
        let root = try TrustedRoot(json: Array(json.utf8))
        return try TimestampToken(response: response).verifiedTime(over: signature, root: root)
    }

    @Test("A token over the signature gives its time, with and without the certificate embedded, in DER and in BER")
    func good() throws {
        let authority = try TestTimestampAuthority()
        for embeds in [false, true] {
            for indefinite in [false, true] {
                let token = try authority.token(over: signature, at: "20231114221325.25Z") {
                    $0.embedsCertificate = embeds
                    $0.isIndefinite = indefinite
                }
                #expect(try verify(token, [authority]).description == "2023-11-14T22:13:25.250000000Z")
            }
        }
    }

    @Test("A token whose content, imprint, certificate hash or signer is another fails")
    func bad() throws {
        let authority = try TestTimestampAuthority()
        let zeros = [UInt8](repeating: 0, count: 32)
        let edits: [(inout TestTimestampAuthority.Parts) -> Void] = [
            { $0.imprint = zeros }, { $0.messageDigest = zeros }, { $0.certificateHash = zeros },
            { $0.time = "19991231235959Z" }, { $0.time = "20450101000000Z" },
        ]
        for edit in edits {
            let token = try authority.token(over: signature, edit: edit)
            #expect(throws: SigstoreError.self) { try verify(token, [authority]) }
        }
        let foreign = try TestTimestampAuthority().token(over: signature) { $0.embedsCertificate = true }
        #expect(throws: SigstoreError.self) { try verify(foreign, [authority]) }
    }

    @Test("A response that is not granted, or whose time is not UTC, is not read")
    func unreadable() throws {
        let authority = try TestTimestampAuthority()
        let refused = try authority.token(over: signature) { $0.status = 2 }
        #expect(throws: SigstoreError.self) { try TimestampToken(response: refused) }
        for time in ["20231114221325", "20231314221325Z", "20231114221325.Z", "20231114221325+0100", "231114221325Z"] {
            let token = try authority.token(over: signature, at: time)
            #expect(throws: SigstoreError.self) { try TimestampToken(response: token) }
        }
    }

    @Test("The extended key usage of the signer must be critical")
    func extendedKeyUsage() throws {
        let authority = try TestTimestampAuthority(isCritical: false)
        let token = try authority.token(over: signature)
        #expect(throws: SigstoreError.self) { try verify(token, [authority]) }
    }

    @Test("No changed byte leaves a token valid at another time")
    func flips() throws {
        let authority = try TestTimestampAuthority()
        let token = try authority.token(over: signature)
        let time = try verify(token, [authority])
        let instance = try TestInstance()
        var json = String(decoding: instance.trustedRootJSON(), as: UTF8.self)
        json.replace(instance.base64(instance.timestamps.der), with: instance.base64(authority.der))
        json.replace(instance.base64(instance.timestamps.root.der), with: instance.base64(authority.root.der))
        let root = try TrustedRoot(json: Array(json.utf8))
        for position in token.indices {
            var changed = token
            changed[position] ^= 1 << UInt8(position % 8)
            let result = try? TimestampToken(response: changed).verifiedTime(over: signature, root: root)
            #expect(result == nil || result == time)
        }
    }
}

@Suite("Signed certificate timestamps")
struct CertificateTimestampTests {
    private func path(_ instance: TestInstance) throws -> CertificatePath {
        let leaf = try ParsedCertificate(der: instance.leaf, code: .certificateUnsuitable)
        let issuer = try ParsedCertificate(der: instance.authority.der, code: .certificateUnsuitable)
        return try #require(CertificatePath.all(leaf: leaf, pool: [issuer], purpose: .codeSigning).first)
    }

    @Test("The list is read with its extensions")
    func list() throws {
        let path = try path(TestInstance())
        let value = try #require(path.leaf.extensionValue(SignedCertificateTimestamp.extensionID))
        let list = try #require(SignedCertificateTimestamp.list(extensionValue: value))
        #expect(list.count == 1)
        #expect(list.first?.extensions == [0xab, 0xcd])
        #expect(list.first?.timestamp == 1_700_000_000_005)
    }

    @Test("A list that is cut off anywhere is not read")
    func truncated() throws {
        let path = try path(TestInstance())
        let value = Array(try #require(path.leaf.extensionValue(SignedCertificateTimestamp.extensionID)))
        for count in 0..<value.count {
            #expect(SignedCertificateTimestamp.list(extensionValue: value.prefix(count)) == nil)
        }
    }

    @Test("The precertificate is the leaf without the list and nothing else")
    func precertificate() throws {
        let path = try path(TestInstance())
        let precertificate = try #require(SignedCertificateTimestamp.precertificate(tbs: path.leaf.tbs))
        #expect(precertificate.count < path.leaf.tbs.count - 80)
        #expect(SignedCertificateTimestamp.precertificate(tbs: precertificate[...]) == precertificate)
    }

    @Test("Only the log that signed it, in its window, makes a leaf transparent")
    func check() throws {
        let instance = try TestInstance()
        let own = try TrustedRoot(json: instance.trustedRootJSON()).certificateLogs
        let foreign = try TrustedRoot(json: TestInstance().trustedRootJSON()).certificateLogs
        let path = try path(instance)
        #expect(throws: Never.self) { try SignedCertificateTimestamp.check(path, logs: own + foreign) }
        #expect(throws: SigstoreError.self) { try SignedCertificateTimestamp.check(path, logs: foreign) }
        let log = try #require(own.first)
        let disguised = try TrustedRoot.Log(
            id: log.id,
            checkpointHint: [],
            key: #require(foreign.first).key,
            hash: .sha256,
            validity: log.validity
        )
        #expect(throws: SigstoreError.self) { try SignedCertificateTimestamp.check(path, logs: [disguised]) }
    }
}
