package import SwarmContracts

/// Finds who holds content that is known to be damaged. Directory objects are read once, however many trees share them;
/// memory is bounded. Not for several threads at once.
package struct DamageTrace {
    /// Directories above damage that are remembered: beyond them some are read again.
    private static let mostDirty = 50_000

    private let damaged: [Digest256: Int]
    private let reader: ContentReader
    private let clean: SeenContent
    private var dirty: [Digest256: Set<Int>] = [:]
    /// Where each damage was met first.
    package private(set) var firstPaths: [Int: [UInt8]] = [:]

    /// `damaged` has, for each damaged content that a `ContentSweep` named, the number of the damage; `chunks` is how many
    /// chunks the store has, about.
    package init(_ damaged: [Digest256: Int], reader: ContentReader, chunks: Int) {
        (self.damaged, self.reader) = (damaged, reader)
        clean = SeenContent(expecting: chunks)
    }

    /// The numbers of the damages that a holder's contents reach.
    package mutating func damages(in contents: [(name: String, content: ReachableContent)]) -> Set<Int> {
        var found: Set<Int> = []
        for (name, content) in contents {
            switch content {
            case .content(let content): found.formUnion(look(at: content, Array(name.utf8)))
            case .tree(let tree): found.formUnion(look(at: tree, Array(name.utf8)))
            }
        }
        return found
    }

    private mutating func look(at content: Content, _ path: [UInt8]) -> Set<Int> {
        met(damaged[content.identity(isDirectory: false)], path)
    }

    private mutating func look(at tree: TreeReference, _ path: [UInt8]) -> Set<Int> {
        let identity = tree.content.identity(isDirectory: true)
        if let number = damaged[identity] { return met(number, path) }
        if clean.has(identity) { return [] }
        if let known = dirty[identity] { return known }
        // One that cannot be read by now was whole a moment ago: the next check will say what became of it.
        guard let directory = try? reader.directory(tree) else { return [] }
        var found: Set<Int> = []
        for item in directory.items {
            switch item.entry {
            case .file(let content, _): found.formUnion(look(at: content, joined(path, item.name)))
            case .directory(let below, _): found.formUnion(look(at: below, joined(path, item.name)))
            case .symbolicLink: break
            }
        }
        if found.isEmpty {
            clean.insert(identity)
        } else if dirty.count < DamageTrace.mostDirty {
            dirty[identity] = found
        }
        return found
    }

    private mutating func met(_ number: Int?, _ path: [UInt8]) -> Set<Int> {
        guard let number else { return [] }
        if firstPaths[number] == nil { firstPaths[number] = path }
        return [number]
    }
}
