internal import SwarmPlatform
internal import Synchronization

/// Has the kernel fetch packs from the disk before they are asked for.
///
/// The chunks of a tree lie together, but several threads ask for them here and there, in which the kernel sees nothing to read ahead.
/// Who has read much of a pack will read more of it: what was read earns `share` times as much of the pack, from its beginning
/// on. So a whole tree is soon ahead of its readers, and a command that wants a few files does not fetch what it has no use for.
final class PackReadAhead: Sendable {
    private static let share: UInt64 = 16

    private let fetched = Mutex<[PackID: UInt64]>([:])

    /// `count` bytes of the pack were read.
    func note(_ count: Int, of pack: PackID, _ file: Descriptor) {
        guard let size = try? file.size() else { return }
        let (start, end) = fetched.withLock { fetched in
            let start = fetched[pack, default: 0]
            let end = min(start + UInt64(count) * PackReadAhead.share, size)
            fetched[pack] = end
            return (start, end)
        }
        if start < end { file.prefetch(end - start, at: start) }
    }
}
