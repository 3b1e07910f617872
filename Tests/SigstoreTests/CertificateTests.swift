import Crypto
import SwiftASN1
import Testing
import X509

@testable import Sigstore

@Suite("Certificates")
struct CertificateTests {
    private static let leaf = Result { try TestInstance().leaf }

    /// The leaf with its start, `231114221320Z`, written in another way.
    private func start(_ text: String, tag: UInt8 = BERTag.utcTime) throws -> ParsedCertificate {
        let written = DERWriter.element(BERTag.utcTime, Array("231114221320Z".utf8))
        var der = try Self.leaf.get()
        let place = try #require(der.firstRange(of: written))
        let other = DERWriter.element(tag, Array(text.utf8))
        if other.count != written.count {
            // Every length around the time is longer than 255 bytes or is the validity's own.
            let change = other.count - written.count
            der[place.lowerBound - 1] = UInt8(Int(der[place.lowerBound - 1]) + change)
            for offset in [2, 6] {
                let length = Int(der[offset]) << 8 + Int(der[offset + 1]) + change
                der[offset] = UInt8(length >> 8)
                der[offset + 1] = UInt8(length & 255)
            }
        }
        der.replaceSubrange(place, with: other)
        return try ParsedCertificate(der: der, code: .certificateUnsuitable)
    }

    @Test("A validity is read to the second, in either form of time and century")
    func validity() throws {
        #expect(try start("231114221320Z").validity.start == Instant(seconds: TestInstance.start))
        #expect(try start("491231235959Z").validity.start.description == "2049-12-31T23:59:59Z")
        #expect(try start("500101000000Z").validity.start.description == "1950-01-01T00:00:00Z")
        #expect(try start("20501231235959Z", tag: BERTag.generalizedTime).validity.start.seconds == 2_556_143_999)
        #expect(try start("00000101000000Z", tag: BERTag.generalizedTime).validity.start.description.hasPrefix("0000"))
    }

    @Test(
        "A validity of a time that does not exist is refused and does not trap",
        arguments: [
            // The library takes 60 and 61 seconds, and then trips over the 61 in a debug build.
            "231114221360Z", "231114221361Z", "231114221399Z", "231114246020Z", "231131221320Z", "230229221320Z",
            "231314221320Z", "2311142213Z", "231114221320+", "231114221320", "", "Z", "-31114221320Z",
        ]
    )
    func strangeTimes(text: String) {
        #expect(throws: SigstoreError.self) { try start(text) }
        #expect(throws: SigstoreError.self) { try start("20\(text)", tag: BERTag.generalizedTime) }
        #expect(throws: SigstoreError.self) { try start("20231114221320.5Z", tag: BERTag.generalizedTime) }
    }
}
