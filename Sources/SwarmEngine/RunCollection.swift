internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmSnapshot
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// What a step left, read as hostile input: workspace, kept home, state database, response, metrics.
struct RunCollection {
    let store: Store
    let parent: OpenedNode
    let source: OpenedNode
    /// The times of the files of `source`.
    let sourceTimes: ModificationTimes?
    let folder: RunFolder
    let workspace: Workspace
    let keep: [String]
    /// What the step's output must not show; nil where that is not known any more.
    let masked: [[UInt8]]?
    let outputLimit: Int
    let stateStamp: FileStamp?
    let checkSandbox: SandboxLevel

    /// The largest state database: 16 GiB.
    static let largestState: UInt64 = 16 << 30
    /// Seconds that the check of a state database may take.
    static let stateCheckSeconds = 300

    /// The tree as it is now.
    func snapshot(_ session: WriteSession) throws -> SnapshotResult {
        switch workspace {
        case .overlay(_, let upper, _):
            return try Snapshotter.scan(
                upper: upper,
                over: source.root.workspace,
                parentTimes: sourceTimes,
                writer: session.writer,
                reader: store.reader,
                threads: WorkerThread.processorCount
            )
        case .directory(let directory):
            return try Snapshotter.scan(
                directory: directory,
                ignore: nil,
                previous: nil,
                parent: source.root.workspace,
                writer: session.writer,
                reader: store.reader,
                threads: WorkerThread.processorCount,
                isOwn: true
            )
        }
    }

    /// What the policy keeps of the home folder; nil where it keeps nothing.
    func home(_ session: WriteSession) throws -> SnapshotResult? {
        guard !keep.isEmpty else { return nil }
        for (_, login) in LoginFiles.known { login.remove(from: folder.home) }
        return try Snapshotter.scan(
            directory: folder.home,
            ignore: KeepFilter(keep),
            previous: nil,
            parent: source.root.home,
            writer: session.writer,
            reader: store.reader,
            threads: WorkerThread.processorCount,
            isOwn: true
        )
    }

    /// The state database, checked and in its one form.
    func state(_ session: WriteSession) throws -> Content {
        let copies = folder.work + "/state-copy"
        FolderRemoval.remove(copies)
        try Files.makeFolder(copies, mode: 0o700)
        let output = copies + "/normal.db"
        if let stateStamp, (try? FileStamp(folder.stateDatabase)) == stateStamp, isAlone(folder.stateDatabase) {
            try StateDatabase.normalise(input: folder.stateDatabase, output: output)
        } else {
            let copy = try StateDatabase.collect(
                folder: folder.exchange,
                name: "state.db",
                into: copies,
                limit: RunCollection.largestState
            )
            let report = try StateCheck(level: checkSandbox, folder: copies, work: folder.work).run(copy, output)
            try StateDatabase.finish(output, report, limit: RunCollection.largestState)
        }
        return try session.write(file: output)
    }

    private func isAlone(_ database: String) -> Bool {
        Files.kind(database + "-wal") == nil && Files.kind(database + "-journal") == nil
    }

    /// SWARM_OUTPUT where the step wrote it and it can be masked, else its standard output, which was masked as it came.
    func response(_ session: WriteSession) throws -> (Content, warning: String?) {
        guard Files.kind(folder.output) != nil else {
            if Files.kind(folder.standardOutput) == nil { return (Content.empty, nil) }
            return (try session.write(file: folder.standardOutput), nil)
        }
        guard let masked else {
            let warning = "SWARM_OUTPUT was left out: what is to be masked in it went with the run's process"
            if Files.kind(folder.standardOutput) == nil { return (Content.empty, warning) }
            return (try session.write(file: folder.standardOutput), warning)
        }
        guard let file = RunCollection.openRegular(folder.output) else {
            return (Content.empty, "SWARM_OUTPUT is not a regular file; the response is empty")
        }
        let target = try Descriptor.open(folder.work + "/response", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        let cut = try mask(masked, in: file, into: target)
        target.close()
        return (
            try session.write(file: folder.work + "/response"),
            cut ? "the response was cut after \(outputLimit) bytes" : nil
        )
    }

    private func mask(_ masked: [[UInt8]], in file: Descriptor, into target: Descriptor) throws -> Bool {
        var masker = StreamMasker(masked)
        var offset = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while offset < outputLimit {
            let count = try buffer.withUnsafeMutableBytes { bytes in
                let window = UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(outputLimit - offset))
                return try file.read(into: window, at: UInt64(offset))
            }
            if count == 0 { break }
            let shown = buffer.withUnsafeBytes { masker.take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            try target.write(shown)
            offset += count
        }
        try target.write(masker.flush())
        return try file.size() > UInt64(outputLimit)
    }

    private static func openRegular(_ path: String) -> Descriptor? {
        guard
            let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            Files.isRegular(file)
        else { return nil }
        return file
    }

    /// What the step reported of itself; at most 64 KiB of JSON.
    func metrics() -> (JSONValue?, warning: String?) { RunCollection.metrics(in: folder) }

    static func metrics(in folder: RunFolder) -> (JSONValue?, warning: String?) {
        guard Files.kind(folder.metrics) != nil else { return (nil, nil) }
        guard let file = openRegular(folder.metrics), let bytes = try? Files.read(file, limit: 64 << 10),
            let value = try? JSONParser.parse(bytes, numbers: .all), case .object = value
        else { return (nil, "SWARM_METRICS is not a JSON object of at most 64 KiB; it was ignored") }
        return (value, nil)
    }
}

/// Leaves only the kept paths of a home folder, without any login file.
struct KeepFilter: IgnoreFilter {
    private let kept: [[UInt8]]
    private let excluded: Set<[UInt8]>

    init(_ paths: [String]) {
        kept = paths.map { Array($0.utf8) }
        excluded = Set(LoginFiles.known.flatMap { $0.login.files.map { Array($0.utf8) } })
    }

    func ignores(path: [UInt8], isDirectory: Bool) -> Bool {
        if excluded.contains(path) { return true }
        let slash = UInt8(ascii: "/")
        return !kept.contains { keep in
            path == keep || path.starts(with: keep + [slash]) || (isDirectory && keep.starts(with: path + [slash]))
        }
    }
}
