internal import SwarmContracts

/// A path at which two trees differ.
package struct TreeChange: Sendable {
    /// Names with `/` between them.
    package let path: [UInt8]
    /// What was there; nil where nothing was.
    package let old: TreeEntry?
    /// What is there; nil where nothing is.
    package let new: TreeEntry?

    /// `A` added, `D` removed, `T` another kind of thing, `M` other content or mode.
    package var letter: String {
        switch (old, new) {
        case (nil, _): "A"
        case (_, nil): "D"
        case (.file, .file), (.symbolicLink, .symbolicLink), (.directory, .directory): "M"
        default: "T"
        }
    }
}

/// What differs between two trees.
package enum TreeDifference {
    /// The files and links that differ, in the byte order of their paths. A directory is named only where it is empty, or
    /// where the other tree has something else there. Subtrees that are equal are not read.
    package static func changes(
        from old: TreeReference,
        to new: TreeReference,
        reader: ContentReader
    ) throws -> [TreeChange] {
        var changes: [TreeChange] = []
        var waiting: [(path: [UInt8], old: TreeReference?, new: TreeReference?)] = [([], old, new)]
        while let (path, before, after) = waiting.popLast() {
            if let before, let after, before.t == after.t { continue }
            let olds =
                try before.map { reference in try naming(path) { try reader.directory(reference) } } ?? Directory()
            let news =
                try after.map { reference in try naming(path) { try reader.directory(reference) } } ?? Directory()
            if olds.items.isEmpty, news.items.isEmpty, !path.isEmpty, let one = before ?? after,
                before == nil || after == nil
            {
                let entry = TreeEntry.directory(one, hasLinks: false)
                changes.append(
                    TreeChange(path: path, old: before == nil ? nil : entry, new: after == nil ? nil : entry)
                )
            }
            for (name, was, now) in pairs(olds, news) {
                let place = joined(path, name)
                let below = (reference(was), reference(now))
                if below.0 != nil || below.1 != nil { waiting.append((place, below.0, below.1)) }
                let isDirectoryAlone = (was == nil || below.0 != nil) && (now == nil || below.1 != nil)
                if isDirectoryAlone { continue }
                if let was, let now, was.isSame(as: now) { continue }
                changes.append(TreeChange(path: place, old: was, new: now))
            }
        }
        return changes.sorted { $0.path.precedes($1.path) }
    }

    private static func reference(_ entry: TreeEntry?) -> TreeReference? {
        if case .directory(let reference, _) = entry { return reference }
        return nil
    }

    private static func pairs(_ old: Directory, _ new: Directory) -> [(name: [UInt8], old: TreeEntry?, new: TreeEntry?)]
    {
        var pairs: [(name: [UInt8], old: TreeEntry?, new: TreeEntry?)] = []
        var (left, right) = (old.items[...], new.items[...])
        while let next = [left.first?.name, right.first?.name].compactMap({ $0 }).min(by: { $0.precedes($1) }) {
            let was = left.first?.name == next ? left.popFirst()?.entry : nil
            let now = right.first?.name == next ? right.popFirst()?.entry : nil
            pairs.append((next, was, now))
        }
        return pairs
    }
}
