package import SwarmContracts
internal import SwarmPlatform

/// A bundle file that lies at a remote for one reader who has no credentials for it.
package struct Publication: Sendable {
    /// Its SHA-256: what the reader checks the bytes against.
    package let sha256: Digest256
    /// In bytes.
    package let size: UInt64
    /// Where the reader fetches it: a URL that holds for a while, or an absolute path. Whoever has the URL can fetch the file; what the
    /// file holds is sealed all the same.
    package let location: RemoteLocation
}

extension RemoteStore {
    /// Puts a file where a reader without credentials can fetch it for `seconds` (at most 604,800, a week). The same file published
    /// twice is there once. The remote must be prepared.
    package func publish(_ path: String, seconds: Int64) throws -> Publication {
        var hasher = Digest256.Hasher()
        var size: UInt64 = 0
        try Files.stream(path) { bytes in
            hasher.update(bytes)
            size += UInt64(bytes.count)
        }
        let sha256 = hasher.finish()
        _ = try put(.file(path), at: .published(sha256))
        return Publication(sha256: sha256, size: size, location: try location(of: .published(sha256), seconds: seconds))
    }

    /// Takes a published file away.
    package func withdraw(_ publication: Publication) throws { try delete(.published(publication.sha256)) }
}
