package import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

/// Goes through the content of many nodes on all processors. What nodes share is looked at once. Memory is bounded, whatever
/// the number of nodes and chunks.
///
/// With `marks` it reads directory objects alone and marks the chunks that are reached; without, it opens and checks every
/// byte.
package final class ContentSweep: Sendable {
    /// Something that holds content, and how to come to it. The root is opened by the thread that works on it.
    package struct Holder: Sendable {
        package let number: Int64
        package let contents: @Sendable () throws -> [(name: String, content: ReachableContent)]

        package init(
            number: Int64,
            contents: @escaping @Sendable () throws -> [(name: String, content: ReachableContent)]
        ) {
            (self.number, self.contents) = (number, contents)
        }
    }

    /// Files of more than this are a job of their own.
    private static let large: UInt64 = 4 << 20

    /// Something that could not be read.
    package struct Damage: Sendable {
        /// The number of a holder that needs it; others may need it too.
        package let holder: Int64
        /// Which content it is; nil where the holder itself could not be opened.
        package let content: Digest256?
        /// Where in the holder it stands.
        package let path: [UInt8]
        /// What is wrong, without the path.
        package let error: any Error
    }

    private let reader: ContentReader
    private let marks: ReachMarks?
    private let directories: SeenContent
    private let files: SeenContent
    private let chunks: SeenContent
    private let bytes = Atomic<UInt64>(0)
    private let pool: WorkPool
    private let failed: @Sendable (Damage) throws -> Void

    /// `chunks` is how many there are, about. `failed` hears of everything that could not be read, from any thread, once for
    /// each content however many hold it (`DamageTrace` finds the others); what it throws ends the sweep.
    package init(
        reader: ContentReader,
        marks: ReachMarks?,
        chunks count: Int,
        failed: @escaping @Sendable (Damage) throws -> Void
    ) {
        self.reader = reader
        self.marks = marks
        self.failed = failed
        directories = SeenContent(expecting: count)
        files = SeenContent(expecting: marks == nil ? count : 0)
        chunks = SeenContent(expecting: marks == nil ? count : 0)
        pool = WorkPool(threads: WorkerThread.processorCount)
    }

    /// Chunks that were opened, and their plaintext in bytes.
    package var done: (chunks: Int, bytes: UInt64) { (chunks.count, bytes.load(ordering: .relaxed)) }

    /// Works on what `next` hands out, a few at a time, until that is nothing.
    package func run(_ next: @escaping @Sendable () throws -> [Holder]) throws {
        feed(next)
        try pool.run()
    }

    private func feed(_ next: @escaping @Sendable () throws -> [Holder]) {
        pool.push([
            {
                let holders = try next()
                guard !holders.isEmpty else { return }
                // Below them on the stack: more is fetched when these are nearly done.
                self.feed(next)
                self.pool.push(holders.map { holder in { try self.begin(holder) } })
            }
        ])
    }

    private func begin(_ holder: Holder) throws {
        let contents: [(name: String, content: ReachableContent)]
        do { contents = try holder.contents() } catch {
            return try failed(Damage(holder: holder.number, content: nil, path: [], error: error))
        }
        for (name, content) in contents {
            switch content {
            case .content(let content): try look(at: content, Array(name.utf8), holder.number)
            case .tree(let tree): try look(at: tree, Array(name.utf8), holder.number)
            }
        }
    }

    private func look(at tree: TreeReference, _ path: [UInt8], _ number: Int64) throws {
        marks?.mark(tree.content.parts.map(\.name))
        let identity = tree.content.identity(isDirectory: true)
        guard directories.insert(identity) else { return }
        let directory: Directory
        do { directory = try reader.directory(tree, checksFrames: marks == nil) } catch {
            return try failed(Damage(holder: number, content: identity, path: path, error: error))
        }
        note(tree.content)
        var below: [WorkPool.Job] = []
        for item in directory.items {
            switch item.entry {
            case .file(let content, _):
                let place = joined(path, item.name)
                if marks == nil, content.size > ContentSweep.large {
                    below.append { try self.look(at: content, place, number) }
                } else {
                    try look(at: content, place, number)
                }
            case .directory(let reference, _):
                let place = joined(path, item.name)
                below.append { try self.look(at: reference, place, number) }
            case .symbolicLink: break
            }
        }
        pool.push(below)
    }

    private func look(at content: Content, _ path: [UInt8], _ number: Int64) throws {
        if let marks { return marks.mark(content.parts.map(\.name)) }
        let identity = content.identity(isDirectory: false)
        guard files.insert(identity) else { return }
        do { try reader.read(content, pool: pool, checksFrames: true) { _ in } } catch {
            return try failed(Damage(holder: number, content: identity, path: path, error: error))
        }
        note(content)
    }

    private func note(_ content: Content) {
        guard marks == nil else { return }
        for part in content.parts where chunks.insert(part.name) { bytes.add(UInt64(part.size), ordering: .relaxed) }
    }
}
