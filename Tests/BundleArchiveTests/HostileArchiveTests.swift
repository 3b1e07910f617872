import SwarmContracts
import SwarmPlatform
import TestTools
import Testing

@testable import BundleArchive

@Suite("Archives that are not to be believed")
struct HostileArchiveTests {
    private func code(_ bytes: [UInt8], _ limits: BundleArchive.Limits = .init()) -> String? {
        do {
            _ = try Sample.open(bytes, limits)
            return nil
        } catch {
            return (error as? BundleArchiveFailure)?.code
        }
    }

    @Test("an empty archive is one, an empty file is none")
    func empty() {
        #expect(code(Sample.end) == nil)
        #expect(code([]) == "BUNDLE_TRUNCATED")
    }

    @Test(
        "names that have no place are refused",
        arguments: [
            "/manifest.json", "../manifest.json", "documents/../x.json", "documents//x.json", "documents/.json",
            "documents/a.b.json",
            "documents/x.JSON", "documents/attestation", "documents/attestation.", "documents/sub/x.json",
            "documents/x\\y.json",
            "./manifest.json", "manifest.json/", "Manifest.json", "chunks/abc",
            "chunks/" + String(repeating: "A", count: 64),
            "chunks/" + String(repeating: "0", count: 63), "chunks/" + String(repeating: "0", count: 65), "chunks/", "",
            "root.enc ",
            "documents/\u{e9}.json", "documents/a\u{1b}[31m.json",
        ]
    )
    func names(name: String) throws {
        let failure = #expect(throws: BundleArchiveFailure.self) {
            try Sample.open(Sample.header(name, 0) + Sample.end)
        }
        #expect(failure?.code == "BUNDLE_MEMBER_REFUSED")
        #expect(failure?.category == .invalidInput)
        #expect(failure?.message.utf8.allSatisfy { 0x20...0x7e ~= $0 } == true)
    }

    @Test("members that are no regular files are refused", arguments: Array("123456xgLKSD7Z".utf8))
    func kinds(kind: UInt8) {
        #expect(code(Sample.header("manifest.json", 0, changing: [156: kind]) + Sample.end) == "BUNDLE_MEMBER_REFUSED")
    }

    @Test("a link's target, a prefix or bytes behind the name are refused", arguments: [157, 345, 99])
    func stowaways(place: Int) {
        #expect(code(Sample.header("manifest.json", 0, changing: [place: 65]) + Sample.end) != nil)
    }

    @Test("a header that is not ustar's is malformed", arguments: [257, 262, 263, 124, 135])
    func notUstar(place: Int) {
        #expect(code(Sample.header("manifest.json", 0, changing: [place: 0x80]) + Sample.end) == "BUNDLE_MALFORMED")
    }

    @Test("a checksum that does not fit is malformed")
    func checksum() {
        var block = Sample.header("manifest.json", 0)
        block[110] = UInt8(ascii: "1")
        #expect(code(block + Sample.end) == "BUNDLE_MALFORMED")
    }

    @Test("a name that comes twice or out of order is refused")
    func order() {
        let (manifest, root) = (Sample.header("manifest.json", 0), Sample.header("root.enc", 0))
        #expect(code(manifest + root + Sample.end) == nil)
        #expect(code(root + manifest + Sample.end) == "BUNDLE_MEMBER_REFUSED")
        #expect(code(manifest + manifest + Sample.end) == "BUNDLE_MEMBER_REFUSED")
    }

    @Test("sizes beyond the limits are refused by the header alone")
    func sizes() {
        let limits = BundleArchive.Limits()
        let large = [
            ("manifest.json", limits.documentBytes), ("documents/a.json", limits.documentBytes),
            ("root.enc", limits.rootBytes), (Sample.chunk(1), limits.chunkBytes), ("times.enc", limits.timesBytes),
        ]
        for (name, limit) in large {
            #expect(code(Sample.header(name, limit + 1)) == "BUNDLE_TOO_LARGE")
            #expect(code(Sample.header(name, limit)) == "BUNDLE_TRUNCATED")
        }
    }

    @Test("more members, documents or bytes than the limits allow are refused")
    func counts() throws {
        let bytes = try Sample.archive(in: try TemporaryFolder())
        var members = BundleArchive.Limits()
        members.members = Sample.members.count - 1
        #expect(code(bytes, members) == "BUNDLE_TOO_LARGE")
        members.members += 1
        #expect(code(bytes, members) == nil)
        var documents = BundleArchive.Limits()
        documents.documents = 1
        #expect(code(bytes, documents) == "BUNDLE_TOO_LARGE")
        var total = BundleArchive.Limits()
        total.totalBytes = UInt64(bytes.count) - 1
        #expect(code(bytes, total) == "BUNDLE_TOO_LARGE")
    }

    @Test("every shorter file is refused")
    func truncated() throws {
        let bytes = try Sample.archive(in: try TemporaryFolder())
        for length in stride(from: 0, to: bytes.count, by: 37) { #expect(code(Array(bytes[..<length])) != nil) }
        #expect(code(Array(bytes.dropLast())) == "BUNDLE_TRUNCATED")
    }

    @Test("nothing may follow the end but the zeros of a full record")
    func trailing() throws {
        let bytes = try Sample.archive(in: try TemporaryFolder())
        let record = 10240
        let filled = bytes + [UInt8](repeating: 0, count: record - bytes.count % record)
        #expect(code(filled) == nil)
        #expect(code(bytes + [0]) == "BUNDLE_MALFORMED")
        #expect(code(bytes + [UInt8](repeating: 0, count: 512)) == "BUNDLE_MALFORMED")
        #expect(code(Array(filled.dropLast()) + [1]) == "BUNDLE_MALFORMED")
        #expect(code(filled + [UInt8](repeating: 0, count: record)) == "BUNDLE_MALFORMED")
        #expect(code(bytes + Sample.header("root.enc", 0) + Sample.end) == "BUNDLE_MALFORMED")
    }

    @Test("a last block that is not filled with zeros is malformed")
    func padding() {
        let data = [UInt8](repeating: 0, count: 511) + [1]
        #expect(code(Sample.header("manifest.json", 2) + data + Sample.end) == "BUNDLE_MALFORMED")
    }

    @Test("Python's links, folders and long names are refused", .enabled(if: Tool("python3") != nil))
    func python() throws {
        let python = try #require(Tool("python3"))
        let folder = try TemporaryFolder()
        let script = """
            import tarfile
            def make(file, name, kind, form, link=''):
                t = tarfile.open(file, 'w', format=form)
                m = tarfile.TarInfo(name); m.type = kind; m.linkname = link
                t.addfile(m); t.close()
            make('a', 'manifest.json', tarfile.SYMTYPE, tarfile.USTAR_FORMAT, '/etc/passwd')
            make('b', 'manifest.json', tarfile.LNKTYPE, tarfile.GNU_FORMAT, 'root.enc')
            make('c', 'chunks', tarfile.DIRTYPE, tarfile.PAX_FORMAT)
            make('d', 'documents/' + 'x' * 200 + '.json', tarfile.REGTYPE, tarfile.PAX_FORMAT)
            make('e', 'documents/' + 'x' * 200 + '.json', tarfile.REGTYPE, tarfile.GNU_FORMAT)
            make('f', 'manifest.json', tarfile.CHRTYPE, tarfile.USTAR_FORMAT)
            make('g', 'manifest.json', tarfile.FIFOTYPE, tarfile.USTAR_FORMAT)
            make('ok', 'manifest.json', tarfile.REGTYPE, tarfile.USTAR_FORMAT)
            """
        #expect(python.run(["-c", script], in: folder.path).status == 0)
        for name in ["a", "b", "c", "d", "e", "f", "g"] {
            #expect(code(try #require(folder.read(name))) != nil, "\(name)")
        }
        #expect(code(try #require(folder.read("ok"))) == nil)
    }

    @Test("no mutation crashes the reader or shows it other members")
    func mutations() throws {
        let folder = try TemporaryFolder()
        let bytes = try Sample.archive(in: folder)
        let members = try Sample.open(bytes).members
        var chance = Chance(77)
        var refused = 0
        for _ in 0..<1500 {
            var copy = bytes
            for _ in 0...chance.below(3) { copy[chance.below(copy.count)] ^= UInt8(1 << chance.below(8)) }
            if chance.once(in: 4) { copy.removeLast(chance.below(copy.count)) }
            folder.write(copy, to: "mutated")
            do {
                let reader = try BundleArchive.Reader(path: folder.path + "/mutated")
                #expect(reader.members == members)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 500)
    }

    @Test("headers with a fitting checksum and wild fields are read or refused, never believed past the file's end")
    func wildHeaders() throws {
        var chance = Chance(78)
        for _ in 0..<1500 {
            let name = Sample.members[chance.below(Sample.members.count)].name
            var changes: [Int: UInt8] = [:]
            for _ in 0...chance.below(3) { changes[chance.below(512)] = UInt8(chance.below(256)) }
            let bytes = Sample.header(name, UInt64(chance.below(1 << 20)), changing: changes) + Sample.end
            guard let reader = try? Sample.open(bytes) else { continue }
            #expect(reader.members.allSatisfy { $0.offset + $0.size <= UInt64(bytes.count) })
        }
    }

    @Test("every failure has a sentence and a stable code")
    func failures() {
        let failures: [(BundleArchiveFailure, String)] = [
            (.malformed(file: "f", member: nil, reason: "r"), "BUNDLE_MALFORMED"),
            (.refused(file: "f", member: "m", reason: "r"), "BUNDLE_MEMBER_REFUSED"),
            (.tooLarge(file: "f", what: "w", limit: 1), "BUNDLE_TOO_LARGE"),
            (.truncated(file: "f"), "BUNDLE_TRUNCATED"),
        ]
        for (failure, code) in failures {
            #expect(failure.code == code)
            #expect(failure.category == .invalidInput)
            #expect(failure.message.contains("f"))
        }
        #expect(BundleArchiveFailure.system(SystemError("read", "f", 5)).category == .system)
    }
}
