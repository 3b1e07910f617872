extension BundleArchive {
    /// How much an archive may hold. Whoever made it, no more than this is believed.
    package struct Limits: Sendable {
        /// Bytes of one document, and of the manifest.
        package var documentBytes: UInt64 = 1 << 20
        /// How many documents there may be.
        package var documents = 64
        /// Bytes of the sealed root.
        package var rootBytes: UInt64 = 64 << 20
        /// Bytes of the sealed times.
        package var timesBytes: UInt64 = 1 << 30
        /// Bytes of one sealed chunk.
        package var chunkBytes: UInt64 = 8 << 20
        /// How many members there may be.
        package var members = 10_000_000
        /// Bytes of the whole file.
        package var totalBytes: UInt64 = 1 << 44

        package init() {}

        func size(of name: MemberName) -> UInt64 {
            switch name {
            case .chunk: chunkBytes
            case .document, .manifest: documentBytes
            case .root: rootBytes
            case .times: timesBytes
            }
        }
    }
}
