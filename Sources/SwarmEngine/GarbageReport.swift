/// What `gc` is asked to do.
package struct GarbageOptions: Sendable {
    /// Says what would go and leaves all of it.
    package var isDryRun = false
    /// Cached trees beyond this many bytes go, those that were used longest ago first.
    package var cacheLimit: UInt64 = 10 << 30
    /// Runs that were interrupted this many seconds ago or more are forgotten, with what they left; nil: none.
    package var forgetsInterrupted: Int64?

    package init() {}
}

/// What `gc` has freed, or would free.
package struct GarbageReport: Sendable {
    package var isDryRun = false
    /// Nodes that were kept: all that the index knows.
    package var nodes = 0
    /// Packs that went as a whole.
    package var packsRemoved = 0
    /// Packs whose live chunks were copied to new ones before they went.
    package var packsRewritten = 0
    /// Pack files that the index did not name.
    package var packsOrphaned = 0
    package var chunksRemoved = 0
    /// Bytes of pack files that went, less those of the copies.
    package var packBytes: Int64 = 0
    /// Bytes that nothing reaches in packs that are mostly alive, and so stay.
    package var deadBytesKept: UInt64 = 0
    package var nodeFolders = 0
    package var runFolders = 0
    /// Work folders of runs that had finished.
    package var workFolders = 0
    /// Interrupted runs that were forgotten.
    package var forgotten: [String] = []
    package var cachedTrees = 0
    /// Running steps use the cache: it was left alone.
    package var cacheInUse = false
    /// What ended processes left in `tmp`.
    package var temporaries = 0
    /// Bytes on disk of folders: nodes, runs, cached trees and temporaries.
    package var folderBytes: UInt64 = 0

    package var freedBytes: UInt64 { UInt64(max(0, packBytes + Int64(clamping: folderBytes))) }
}

/// How far long work on a store has come.
package struct StoreProgress: Sendable {
    /// What is being done: a few words.
    package let phase: String
    package let done: Int
    /// Nil where it is not known.
    package let of: Int?
    /// What is counted, in the plural.
    package let noun: String
    /// Bytes looked at so far; 0 where none are.
    package let bytes: UInt64

    init(_ phase: String, _ done: Int = 0, of: Int? = nil, _ noun: String = "", bytes: UInt64 = 0) {
        (self.phase, self.done, self.of, self.noun, self.bytes) = (phase, done, of, noun, bytes)
    }

    static var waitingForWriters: StoreProgress {
        StoreProgress("waiting for an import or a run that is being saved")
    }
}
