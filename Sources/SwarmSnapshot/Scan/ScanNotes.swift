internal import SwarmContracts
internal import Synchronization

/// What the threads of a scan find out beside the tree.
final class ScanNotes: Sendable {
    struct Counts {
        var files = 0
        var bytes: UInt64 = 0
        var changed = 0
        var omitted = false
        /// Something was found that the stat cache does not say.
        var learned = false
        var folders = 0
        var warnings: Set<SnapshotWarning> = []
        var times: [ModificationTimes.Entry] = []
        var gone: Set<[UInt8]> = []
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }
    var times: [ModificationTimes.Entry] { state.withLock { $0.times } }
    /// Paths at and below which nothing of the parent is left.
    var gone: Set<[UInt8]> { state.withLock { $0.gone } }

    func warn(_ kind: SnapshotWarning.Kind, _ path: [UInt8]) {
        state.withLock { state in
            state.warnings.insert(SnapshotWarning(kind: kind, path: path))
            switch kind {
            case .special, .unreadable, .changing: state.omitted = true
            case .gitPointer: break
            }
        }
    }

    /// Something was found that the stat cache does not say.
    func learn() { state.withLock { $0.learned = true } }

    func countFolder() { state.withLock { $0.folders += 1 } }

    /// Something is in the directory and not in the tree.
    func omit() { state.withLock { $0.omitted = true } }

    func note(gone path: [UInt8]) { state.withLock { _ = $0.gone.insert(path) } }

    func note(times: [ModificationTimes.Entry]) { state.withLock { $0.times += times } }

    func count(_ content: Content, isChanged: Bool) {
        state.withLock { state in
            state.files += 1
            state.bytes += content.size
            if isChanged { state.changed += 1 }
        }
    }
}
