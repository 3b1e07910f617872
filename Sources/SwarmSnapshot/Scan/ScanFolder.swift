internal import SwarmContracts
internal import Synchronization

/// A directory whose entries are being found out. It is complete when nothing is pending, and then becomes an entry of the
/// directory above it.
final class ScanFolder: Sendable {
    /// An entry, or the place of one that is not known yet.
    struct Slot {
        let name: [UInt8]
        var entry: TreeEntry?
        /// What the stat cache is to remember of a file.
        var status: FileStatus?
    }

    struct State {
        var slots: [Slot] = []
        /// Slots without an entry, and one more while the directory is being listed.
        var pending = 1
        /// A directory object of the store with the facts that the stat cache knows.
        var cached: TreeReference?
    }

    let path: [UInt8]
    let parent: ScanFolder?
    /// The number of its slot in the parent.
    let slot: Int
    /// What the parent's tree has at this path.
    let before: TreeReference?
    /// False for a directory that a layer above it does not touch.
    let isOnDisk: Bool
    let state = Mutex(State())

    init(path: [UInt8], parent: ScanFolder?, slot: Int, before: TreeReference?, isOnDisk: Bool) {
        (self.path, self.parent, self.slot, self.before, self.isOnDisk) = (path, parent, slot, before, isOnDisk)
    }

    /// Sets what has been listed, and says whether the directory is complete.
    func list(_ slots: [Slot], pending: Int, cached: TreeReference?) -> Bool {
        state.withLock { state in
            state.slots = slots
            state.cached = cached
            state.pending += pending - 1
            return state.pending == 0
        }
    }

    /// Sets an entry, or nil for what is left out, and says whether the directory is complete.
    func deliver(_ slot: Int, _ entry: TreeEntry?, _ status: FileStatus?) -> Bool {
        state.withLock { state in
            state.slots[slot].entry = entry
            state.slots[slot].status = status
            state.pending -= 1
            return state.pending == 0
        }
    }
}
