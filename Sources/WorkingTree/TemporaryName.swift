internal import SwarmContracts
internal import SwarmPlatform

/// The names of our temporaries. They say what may be done with a leftover of a killed apply:
///
/// - `.swarm-apply-new-<16 hex>` is written by us alone and never held anything of the user's: it may go.
/// - `.swarm-apply-old-<16 hex>-<64 hex>-<64 hex>` changes places with a file of the user's. The two hashes are those of
///   our content and of the user's as it was planned on. What hashes to either may go; anything else is an edit made in
///   the moment of the kill, and stays.
enum TemporaryName: Equatable {
    case new
    case old(ours: Digest256, planned: Digest256)

    static let prefix = Array(".swarm-apply-".utf8)

    /// A name that nobody has yet.
    var fresh: [UInt8] {
        let chance = Hex.encode(Randomness.bytes(8))
        switch self {
        case .new: return TemporaryName.prefix + Array("new-\(chance)".utf8)
        case .old(let ours, let planned):
            return TemporaryName.prefix + Array("old-\(chance)-\(ours.hex)-\(planned.hex)".utf8)
        }
    }

    /// Reads a name back; nil where it is none of ours.
    init?(_ name: [UInt8]) {
        guard name.starts(with: TemporaryName.prefix) else { return nil }
        let words = String(decoding: name.dropFirst(TemporaryName.prefix.count), as: UTF8.self).split(
            separator: "-",
            omittingEmptySubsequences: false
        )
        guard words.count > 1, words[1].utf8.count == 16, Hex.decode(words[1]) != nil else { return nil }
        if words.count == 2, words[0] == "new" {
            self = .new
        } else if words.count == 4, words[0] == "old", let ours = Digest256("sha256:" + words[2]),
            let planned = Digest256("sha256:" + words[3])
        {
            self = .old(ours: ours, planned: planned)
        } else {
            return nil
        }
    }
}
