import Testing
import X509

@testable import Sigstore

@Suite("An authority that lists two certificates of one name and key")
struct RenewedAuthorityTests {
    /// Ended long before anything here was signed.
    private static let ended: (Int64, Int64) = (1_577_836_800, 1_609_459_200)
    private let instance: TestInstance

    init() throws { instance = try TestInstance() }

    /// The trusted root with one more certificate in the chain of `certificate`, before or behind it.
    private func root(_ other: [UInt8], beside certificate: [UInt8], first: Bool) -> [UInt8] {
        let here = "{\"rawBytes\":\"\(instance.base64(certificate))\"}"
        let there = "{\"rawBytes\":\"\(instance.base64(other))\"}"
        var json = String(decoding: instance.trustedRootJSON(), as: UTF8.self)
        json.replace(here, with: first ? "\(there),\(here)" : "\(here),\(there)")
        return Array(json.utf8)
    }

    @Test("the one that was valid then is taken, whichever stands first")
    func authority() throws {
        let bundle = try instance.bundle()
        let old = try instance.authority.renewed(from: Self.ended.0, to: Self.ended.1)
        let verdict = try instance.verdict(bundle, root: root(old.der, beside: instance.authority.der, first: true))
        #expect(verdict.failure == nil)
    }

    @Test("so it is for a timestamp authority")
    func timestamps() throws {
        let bundle = try instance.bundle()
        let old = try instance.timestamps.root.renewed(from: Self.ended.0, to: Self.ended.1)
        let verdict = try instance.verdict(
            bundle,
            root: root(old.der, beside: instance.timestamps.root.der, first: true)
        )
        #expect(verdict.failure == nil)
    }

    @Test("where the root itself has ended, no younger certificate below it helps")
    func endedRoot() throws {
        let bundle = try instance.bundle()
        let old = try instance.authority.renewed(from: Self.ended.0, to: Self.ended.1)
        let verdict = try instance.verdict(bundle, root: root(old.der, beside: instance.authority.der, first: false))
        #expect(verdict.failure?.code == .certificateChain)
    }

    @Test("a pool of many certificates of one name ends the search, and not the process")
    func many() throws {
        let leaf = try ParsedCertificate(der: instance.leaf, code: .certificateUnsuitable)
        let own = try ParsedCertificate(der: instance.authority.der, code: .certificateUnsuitable)
        let old = try (0..<20).map { number in
            let authority = try instance.authority.renewed(from: Self.ended.0 + Int64(number), to: Self.ended.1)
            return try ParsedCertificate(der: authority.der, code: .certificateUnsuitable)
        }
        let paths = CertificatePath.all(leaf: leaf, pool: old + [own], purpose: .codeSigning)
        #expect(paths.count <= 256)
        #expect(paths.allSatisfy { $0.issuers.last?.der == own.der })
    }
}
