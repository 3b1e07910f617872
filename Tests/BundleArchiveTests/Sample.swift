import SwarmContracts
import SwarmPlatform
import TestTools

@testable import BundleArchive

/// A small archive, and ways to make it and its like.
enum Sample {
    static let writeNew: Int32 = 0o1 | 0o100 | 0o200

    static func chunk(_ number: UInt8) -> String { "chunks/" + Digest256.sha256(of: [number]).hex }

    static let members: [(name: String, bytes: [UInt8])] =
        (0..<5).map { number in (chunk(number), [UInt8](repeating: number, count: Int(number) * 300)) }
        .sorted { $0.0 < $1.0 }
        .map { (name: $0.0, bytes: $0.1) } + [
            (name: "documents/attestation.sigstore.json", bytes: Array("{}".utf8)),
            (name: "documents/node.json", bytes: Array("{\"a\":1}".utf8)),
            (name: "manifest.json", bytes: Array("{}".utf8)),
            (name: "root.enc", bytes: [UInt8](repeating: 7, count: 512)),
            (name: "times.enc", bytes: []),
        ]

    /// The archive as the writer makes it.
    static func archive(in folder: TemporaryFolder, named name: String = "bundle") throws -> [UInt8] {
        let file = try Descriptor.open(folder.path + "/" + name, writeNew)
        var writer = BundleArchive.Writer(to: file)
        for member in members { try writer.add(member.name, member.bytes) }
        let (size, hash) = try writer.finish()
        let bytes = folder.read(name) ?? []
        guard UInt64(bytes.count) == size, Digest256.sha256(of: bytes) == hash else {
            throw BundleArchiveFailure.truncated(file: name)
        }
        return bytes
    }

    /// A header block with bytes of its own and a checksum that fits.
    static func header(_ name: String, _ size: UInt64, changing changes: [Int: UInt8] = [:]) -> [UInt8] {
        var block = Header(name: name, bytes: size).block
        for (place, byte) in changes { block[place] = byte }
        return checksummed(block)
    }

    static func checksummed(_ block: [UInt8]) -> [UInt8] {
        var block = block
        for place in 148..<156 { block[place] = UInt8(ascii: " ") }
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        let text = String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} "
        block.replaceSubrange(148..<156, with: text.utf8)
        return block
    }

    static let end = [UInt8](repeating: 0, count: 1024)

    /// Opens bytes as an archive.
    static func open(_ bytes: [UInt8], _ limits: BundleArchive.Limits = .init()) throws -> BundleArchive.Reader {
        let folder = try TemporaryFolder()
        folder.write(bytes, to: "bundle")
        return try BundleArchive.Reader(path: folder.path + "/bundle", limits: limits)
    }
}
