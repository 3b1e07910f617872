internal import SwarmContracts
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

    private let reader: ContentReader
    private let marks: ReachMarks?
    private let directories: SeenContent
    private let files: SeenContent
    private let chunks: SeenContent
    private let bytes = Atomic<UInt64>(0)
    private let pool: WorkPool
    private let failed: @Sendable (Int64, any Error) throws -> Void

    /// `chunks` is how many there are, about. `failed` hears of everything that could not be read; what it throws ends
    /// the sweep. Of damage that several holders share one hears.
    package init(
        reader: ContentReader,
        marks: ReachMarks?,
        chunks count: Int,
        failed: @escaping @Sendable (Int64, any Error) throws -> Void
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
        try guarding(holder.number) {
            for (name, content) in try holder.contents() {
                switch content {
                case .content(let content): try look(at: content, Array(name.utf8), holder.number)
                case .tree(let tree): try look(at: tree, Array(name.utf8), holder.number)
                }
            }
        }
    }

    private func guarding(_ number: Int64, _ body: () throws -> Void) throws {
        do { try body() } catch { try failed(number, error) }
    }

    private func look(at tree: TreeReference, _ path: [UInt8], _ number: Int64) throws {
        marks?.mark(tree.content.parts.map(\.name))
        guard directories.insert(tree.content.identity(isDirectory: true)) else { return }
        let directory = try naming(path) { try reader.directory(tree) }
        note(tree.content)
        var below: [WorkPool.Job] = []
        for item in directory.items {
            switch item.entry {
            case .file(let content, _):
                if marks == nil, content.size > ContentSweep.large {
                    let place = joined(path, item.name)
                    below.append { try self.guarding(number) { try self.look(at: content, place, number) } }
                } else {
                    try guarding(number) { try look(at: content, joined(path, item.name), number) }
                }
            case .directory(let reference, _):
                let place = joined(path, item.name)
                below.append { try self.guarding(number) { try self.look(at: reference, place, number) } }
            case .symbolicLink: break
            }
        }
        pool.push(below)
    }

    private func look(at content: Content, _ path: [UInt8], _ number: Int64) throws {
        if let marks { return marks.mark(content.parts.map(\.name)) }
        guard files.insert(content.identity(isDirectory: false)) else { return }
        try naming(path) { try reader.read(content, pool: pool) { _ in } }
        note(content)
    }

    private func note(_ content: Content) {
        guard marks == nil else { return }
        for part in content.parts where chunks.insert(part.name) { bytes.add(UInt64(part.size), ordering: .relaxed) }
    }
}
