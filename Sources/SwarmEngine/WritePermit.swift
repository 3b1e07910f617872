internal import SwarmPlatform
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// Held for sharing by whoever brings content into the store, from the first look at what is there to the index
/// transaction. A step runs without it.
///
/// A collector takes the same lock exclusively for a moment: then nobody relies on a chunk, pack or folder that the index
/// does not tie to a node. The gate is what lets it come to that: whoever waits for the lock holds the gate, and nobody
/// begins to write meanwhile.
final class WritePermit: Sendable {
    private let lock: FileLock

    /// Waits while a collector is at its moment, or waits for it. Where the index was replaced since the store was
    /// opened, the new one is opened: what is committed to the old one would be lost.
    init(_ store: Store) throws {
        let gate = try FileLock.shared(store.layout.writeGate)
        lock = try FileLock.shared(store.layout.writeLock)
        gate.release()
        try store.index.reopenIfReplaced()
    }

    func release() { lock.release() }
}

/// The store while nobody brings content in. It is to be held briefly.
final class QuietStore: Sendable {
    private let gate: FileLock
    private let lock: FileLock

    private init(gate: FileLock, lock: FileLock) { (self.gate, self.lock) = (gate, lock) }

    /// How long others are kept from beginning while those that have begun finish, in milliseconds.
    private static let patience: Int64 = 2000

    /// Waits until nobody writes. While somebody takes long (a large import), others are let through between two tries, and
    /// `waiting` is called.
    static func make(_ layout: StoreLayout, waiting: () throws -> Void) throws -> QuietStore {
        while true {
            let gate = try FileLock.exclusive(layout.writeGate)
            if let lock = try FileLock.exclusive(layout.writeLock, patience: patience) {
                return QuietStore(gate: gate, lock: lock)
            }
            gate.release()
            try waiting()
            usleep(500_000)
        }
    }

    func release() {
        lock.release()
        gate.release()
    }
}
