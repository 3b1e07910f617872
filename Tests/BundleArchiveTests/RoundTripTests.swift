import BundleArchive
import SwarmContracts
import SwarmPlatform
import TestTools
import Testing

@Suite("A bundle file written and read")
struct RoundTripTests {
    private struct Stop: Error {}

    @Test("every member comes back, found by name or in order")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let bytes = try Sample.archive(in: folder)
        let reader = try BundleArchive.Reader(path: folder.path + "/bundle")
        #expect(reader.members.map(\.path) == Sample.members.map(\.name))
        for member in Sample.members {
            let name = try #require(BundleArchive.MemberName(member.name))
            let found = try #require(reader.member(name))
            #expect(try reader.read(found) == member.bytes)
            var pieces: [UInt8] = []
            try reader.read(found) { pieces += $0 }
            #expect(pieces == member.bytes)
        }
        #expect(reader.chunks.count == 5)
        #expect(reader.member(.document("absent.json")) == nil)
        #expect(reader.size == UInt64(bytes.count))
        #expect(try reader.fileHash() == Digest256.sha256(of: bytes))
    }

    @Test("the same members give the same bytes, however they are handed over")
    func deterministic() throws {
        let folder = try TemporaryFolder()
        let first = try Sample.archive(in: folder)
        let file = try Descriptor.open(folder.path + "/streamed", Sample.writeNew)
        var writer = BundleArchive.Writer(to: file)
        for (number, member) in Sample.members.enumerated() {
            if number.isMultiple(of: 2) {
                try writer.add(member.name, size: UInt64(member.bytes.count)) { write in
                    for byte in member.bytes { try withUnsafeBytes(of: byte) { try write($0) } }
                }
            } else {
                folder.write([1, 2] + member.bytes, to: "source")
                let source = try Descriptor.open(folder.path + "/source", 0)
                try writer.add(member.name, size: UInt64(member.bytes.count), from: source, at: 2)
            }
        }
        _ = try writer.finish()
        #expect(folder.read("streamed") == first)
    }

    @Test("a member larger than the writer's buffer comes back whole")
    func large() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try Descriptor.open(folder.path + "/bundle", Sample.writeNew)
        var writer = BundleArchive.Writer(to: file)
        try writer.add("root.enc", bytes)
        _ = try writer.finish()
        let reader = try BundleArchive.Reader(path: folder.path + "/bundle")
        #expect(try reader.read(#require(reader.member(.root))) == bytes)
    }

    @Test("a pipe is spooled, checked, and leaves no file")
    func pipe() throws {
        let folder = try TemporaryFolder()
        _ = try Sample.archive(in: folder)
        let source = try Descriptor.open(folder.path + "/bundle", 0)
        let reader = try BundleArchive.Reader(spooling: source, to: folder.path + "/spool")
        #expect(reader.members.count == Sample.members.count)
        #expect(folder.read("spool") == nil)
    }

    @Test("a pipe without end stops at the limit")
    func endless() throws {
        let folder = try TemporaryFolder()
        var limits = BundleArchive.Limits()
        limits.totalBytes = 1 << 20
        let source = try Descriptor.open("/dev/zero", 0)
        let failure = #expect(throws: BundleArchiveFailure.self) {
            try BundleArchive.Reader(spooling: source, to: folder.path + "/spool", limits: limits)
        }
        #expect(failure?.code == "BUNDLE_TOO_LARGE")
    }

    @Test(
        "the writer takes no name out of order, twice, or of no place",
        arguments: [
            ["manifest.json", "documents/node.json"], ["root.enc", "root.enc"], ["../x"], ["chunks/abc"],
            ["/manifest.json"],
        ]
    )
    func order(names: [String]) throws {
        let folder = try TemporaryFolder()
        var writer = BundleArchive.Writer(to: try Descriptor.open(folder.path + "/b", Sample.writeNew))
        let failure = #expect(throws: BundleArchiveFailure.self) { for name in names { try writer.add(name, []) } }
        #expect(failure?.code == "BUNDLE_MEMBER_ORDER")
        #expect(failure?.category == .defect)
    }

    @Test("a size that is not kept is an error, and what a source throws is passed on")
    func sizes() throws {
        let folder = try TemporaryFolder()
        folder.write([1, 2, 3], to: "source")
        var writer = BundleArchive.Writer(to: try Descriptor.open(folder.path + "/b", Sample.writeNew))
        let source = try Descriptor.open(folder.path + "/source", 0)
        #expect(throws: BundleArchiveFailure.self) { try writer.add(Sample.chunk(1), size: 4, from: source) }
        #expect(throws: BundleArchiveFailure.self) { try writer.add("manifest.json", size: 1) { _ in } }
        #expect(throws: Stop.self) { try writer.add("root.enc", size: 1) { _ in throw Stop() } }
    }

    @Test("tar lists and unpacks it", .enabled(if: Tool("tar") != nil))
    func tar() throws {
        let tar = try #require(Tool("tar"))
        let folder = try TemporaryFolder()
        _ = try Sample.archive(in: folder)
        let listing = tar.run(["tf", "bundle"], in: folder.path)
        #expect(listing.status == 0)
        let names = String(decoding: listing.output, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(names == Sample.members.map(\.name))
        #expect(tar.run(["xf", "bundle"], in: folder.path).status == 0)
        for member in Sample.members { #expect(folder.read(member.name) == member.bytes) }
    }

    @Test("an archive that tar packed in the same form is read", .enabled(if: Tool("tar") != nil))
    func packedByTar() throws {
        let tar = try #require(Tool("tar"))
        let folder = try TemporaryFolder()
        for member in Sample.members { folder.write(member.bytes, to: member.name) }
        let outcome = tar.run(
            ["cf", "packed", "--format=ustar", "--owner=0", "--group=0", "--mtime=@0"] + Sample.members.map(\.name),
            in: folder.path
        )
        #expect(outcome.status == 0)
        #expect(try BundleArchive.Reader(path: folder.path + "/packed").members.count == Sample.members.count)
    }

    @Test("Python's tarfile finds the fixed form", .enabled(if: Tool("python3") != nil))
    func python() throws {
        let python = try #require(Tool("python3"))
        let folder = try TemporaryFolder()
        _ = try Sample.archive(in: folder)
        let script = """
            import tarfile
            for m in tarfile.open('bundle', 'r:'):
                assert m.isreg() and m.mode == 0o644 and m.mtime == m.uid == m.gid == 0 and m.uname == m.gname == ''
                print(m.name, m.size)
            """
        let outcome = python.run(["-c", script], in: folder.path)
        let expected = Sample.members.map { "\($0.name) \($0.bytes.count)\n" }.joined()
        #expect(String(decoding: outcome.output, as: UTF8.self) == expected)
    }
}
