package import SwarmContracts

extension BundleArchive {
    /// What a bundle may hold. A name that is none of these is refused, so no name can lead anywhere.
    package enum MemberName: Hashable, Sendable {
        /// `chunks/<64 lower-case hex>`.
        case chunk(Digest256)
        /// `documents/<name>.json` or `documents/attestation.<kind>`; the value is what follows the slash.
        case document(String)
        /// `manifest.json`, the descriptor.
        case manifest
        /// `root.enc`, the sealed root.
        case root
        /// `times.enc`, the modification times.
        case times

        /// Nil for every name that has no place in a bundle.
        package init?(_ path: some StringProtocol) {
            switch path {
            case "manifest.json": self = .manifest
            case "root.enc": self = .root
            case "times.enc": self = .times
            default:
                if path.hasPrefix("chunks/"), let digest = Digest256("sha256:" + path.dropFirst(7)) {
                    self = .chunk(digest)
                } else if path.hasPrefix("documents/"), MemberName.isDocument(path.dropFirst(10)) {
                    self = .document(String(path.dropFirst(10)))
                } else {
                    return nil
                }
            }
        }

        // The longest name must fit ustar's field of 100 bytes beside `documents/`.
        private static func isDocument(_ name: some StringProtocol) -> Bool {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            let plain = parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                        default: false
                        }
                    }
            }
            guard plain, name.utf8.count <= 80 else { return false }
            return parts.first == "attestation" ? parts.count > 1 : parts.count == 2 && parts.last == "json"
        }

        /// The name in the archive.
        package var path: String {
            switch self {
            case .chunk(let digest): "chunks/" + digest.hex
            case .document(let name): "documents/" + name
            case .manifest: "manifest.json"
            case .root: "root.enc"
            case .times: "times.enc"
            }
        }
    }
}

extension BundleArchive.MemberName: Comparable {
    /// The byte order of the paths, which is also the order in an archive.
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.chunk(let left), .chunk(let right)): left < right
        case (.document(let left), .document(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .chunk: 0
        case .document: 1
        case .manifest: 2
        case .root: 3
        case .times: 4
        }
    }
}
