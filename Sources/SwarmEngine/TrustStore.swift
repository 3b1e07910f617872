package import Sigstore
package import SwarmContracts
internal import SwarmPlatform

/// The trusted roots that a person has installed: a folder of `trusted_root.json` files, named by their hashes.
package struct TrustStore: Sendable {
    /// A trusted root and where it comes from.
    package struct Entry: Sendable {
        /// SHA-256 of the file.
        package let digest: Digest256
        package let root: TrustedRoot
        /// When it was installed, in seconds since 1970.
        package let installedAt: Int64
    }

    /// Older than this many seconds a root should be taken anew: keys are rotated about that often.
    package static let oldAge: Int64 = 180 * 86_400

    private let folder: String

    /// The roots in a folder, which need not exist.
    package init(folder: String) { self.folder = folder }

    /// What is installed, oldest first. Throws exit 2 naming the file where one cannot be read any more.
    package func entries() throws -> [Entry] {
        guard Files.kind(folder) == .directory else { return [] }
        return try Files.names(in: folder).filter { $0.hasSuffix(".json") }.sorted().map { name in
            let path = "\(folder)/\(name)"
            let bytes = try Files.read(path, limit: TrustStore.limit)
            return Entry(
                digest: Digest256.sha256(of: bytes),
                root: try TrustStore.read(bytes, path),
                installedAt: try Files.modifiedSeconds(path)
            )
        }.sorted { ($0.installedAt, $0.digest.hex) < ($1.installedAt, $1.digest.hex) }
    }

    /// Installs what a file holds: one trusted root, or one on each line (as `gh attestation trusted-root` prints them).
    /// Nothing is installed where one of them is unusable. Gives what was installed.
    package func install(_ bytes: [UInt8], from source: String) throws -> [Digest256] {
        let roots = TrustStore.split(bytes)
        for root in roots { _ = try TrustStore.read(root, source) }
        try Files.makeFolder(folder, mode: 0o700)
        return try roots.map { root in
            let digest = Digest256.sha256(of: root)
            try Files.write(root, to: "\(folder)/\(digest.hex.prefix(32)).json")
            return digest
        }
    }

    /// The trusted roots in a file that was named, without installing them.
    package static func roots(in bytes: [UInt8], from source: String) throws -> [TrustedRoot] {
        try split(bytes).map { try read($0, source) }
    }

    private static let limit = 16 << 20

    private static func read(_ bytes: [UInt8], _ source: String) throws -> TrustedRoot {
        do throws(SigstoreError) {
            return try TrustedRoot(json: bytes)
        } catch {
            throw EngineFailure.shared(
                code: error.code.rawValue,
                category: .invalidInput,
                message: "\(source) is no usable trusted root: \(error.message)",
                hint: "`gh attestation trusted-root` prints GitHub's; the public-good one is in PyPI's sigstore package"
            )
        }
    }

    /// One root, or one on each line where every line is a whole object.
    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        let lines = bytes.split { $0 == 0x0a || $0 == 0x0d }.map(Array.init)
        let whole = lines.allSatisfy { $0.first == UInt8(ascii: "{") && $0.last == UInt8(ascii: "}") }
        return whole && !lines.isEmpty ? lines : [bytes]
    }
}
