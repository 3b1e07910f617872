import SwarmCapability
import SwarmContracts
import SwarmPlatform
import SwarmSnapshot
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// An index in memory.
final class MemoryIndex: ChunkIndex {
    private let places = Mutex<[Digest256: PackLocation]>([:])
    private let questions = Atomic(0)

    /// How many chunks were looked for.
    var asked: Int { questions.load(ordering: .relaxed) }

    func location(of name: Digest256) -> PackLocation? {
        questions.add(1, ordering: .relaxed)
        return places.withLock { $0[name] }
    }

    func insert(_ packs: [FinishedPack]) {
        places.withLock { places in
            for pack in packs {
                for entry in pack.entries where places[entry.name] == nil {
                    places[entry.name] = PackLocation(pack: pack.id, offset: entry.offset, length: entry.length)
                }
            }
        }
    }

    func remove(_ name: Digest256) { places.withLock { $0[name] = nil } }

    var count: Int { places.withLock { $0.count } }
    var names: Set<Digest256> { places.withLock { Set($0.keys) } }
}

/// A folder that goes with the test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = (Environment.value("TMPDIR") ?? "/tmp") + "/swarm-snapshot-" + Hex.encode(Randomness.bytes(8))
        try Files.makeFolder(path)
    }

    deinit { Shell.run("chmod -R u+rwx '\(path)' 2>/dev/null; rm -rf '\(path)'") }

    func folder(_ name: String) throws -> String {
        try Files.makeFolder(path + "/" + name)
        return path + "/" + name
    }
}

enum Shell {
    /// Runs a line of sh; its exit code.
    @discardableResult
    static func run(_ line: String) -> Int32 {
        let folder = Environment.value("TMPDIR") ?? "/tmp"
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        return (try? ChildProcess.run("/bin/sh", ["-c", line], environment: environment, folder: folder).exitCode) ?? -1
    }
}

/// A store as small as it can be.
final class TestStore {
    let scratch: Scratch
    let packs: String
    let index = MemoryIndex()
    let secret: ContentSecret
    private(set) var finished: [FinishedPack] = []

    init(_ seed: UInt8 = 7) throws {
        scratch = try Scratch()
        packs = try scratch.folder("packs")
        secret = try #require(ContentSecret(bytes: [UInt8](repeating: seed, count: 32)))
    }

    var reader: ContentReader { ContentReader(packs: packs, index: index) }

    /// Writes in a session of its own.
    func session<R>(_ body: (ContentWriter) throws -> R) throws -> R {
        let writer = try PackWriter(folder: packs, temporary: scratch.folder("tmp"))
        let result = try body(ContentWriter(secret: secret, index: index, packs: writer))
        let packs = try writer.finish()
        finished += packs
        index.insert(packs)
        return result
    }

    func scan(
        _ directory: String,
        ignore: (any IgnoreFilter)? = nil,
        previous: StatCache? = nil,
        parent: TreeReference? = nil,
        threads: Int = 2
    ) throws -> SnapshotResult {
        try session { writer in
            try Snapshotter.scan(
                directory: directory,
                ignore: ignore,
                previous: previous,
                parent: parent,
                writer: writer,
                reader: reader,
                threads: threads
            )
        }
    }

    func scan(upper: String, over parent: SnapshotResult, threads: Int = 2) throws -> SnapshotResult {
        try session { writer in
            try Snapshotter.scan(
                upper: upper,
                over: parent.tree,
                parentTimes: parent.times,
                writer: writer,
                reader: reader,
                threads: threads
            )
        }
    }

    func build(_ result: SnapshotResult, _ name: String, threads: Int = 2) throws -> String {
        let path = scratch.path + "/" + name
        try Materialiser.build(tree: result.tree, into: path, reader: reader, times: result.times, threads: threads)
        return path
    }
}
