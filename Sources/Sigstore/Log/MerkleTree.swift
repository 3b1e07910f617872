/// The Merkle hash tree of the transparency logs (RFC 6962 section 2.1) with SHA-256.
enum MerkleTree {
    /// The hash of a leaf: `SHA-256(0x00 || entry)`.
    static func leafHash(_ entry: [UInt8]) -> [UInt8] {
        HashAlgorithm.sha256.digest(of: [0] + entry)
    }

    /// The hash of an inner node: `SHA-256(0x01 || left || right)`.
    static func nodeHash(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        HashAlgorithm.sha256.digest(of: [1] + left + right)
    }

    /// The root that an inclusion path leads to (RFC 9162 section 2.1.3.2), or nil where the path is too short or too
    /// long for the index and the size.
    static func root(leafHash: [UInt8], index: UInt64, size: UInt64, path: [[UInt8]]) -> [UInt8]? {
        guard index < size else { return nil }
        var node = index
        var last = size - 1
        var hash = leafHash
        for sibling in path {
            guard last > 0 else { return nil }
            if node & 1 == 1 || node == last {
                hash = nodeHash(sibling, hash)
                // At the right edge the levels without a sibling are passed over.
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }
}
