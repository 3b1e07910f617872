internal import SwarmContracts

/// Looking into a stored tree. Directory objects are read as they are needed.
package enum TreeWalk {
    /// What stands at a path, `/` between the names; nil where nothing does. The empty path is no entry.
    package static func entry(at path: [UInt8], in tree: TreeReference, reader: ContentReader) throws -> TreeEntry? {
        var reference = tree
        var above: [UInt8] = []
        let names = path.split(separator: 0x2f, omittingEmptySubsequences: false).map(Array.init)
        for (position, name) in names.enumerated() {
            let entry = try naming(above) { try reader.directory(reference)[name] }
            if position == names.count - 1 { return entry }
            guard case .directory(let next, _) = entry else { return nil }
            reference = next
            above = path.isEmpty ? name : joined(above, name)
        }
        return nil
    }

    /// Hands over every path and entry below the top, a directory before what is in it.
    package static func each(
        in tree: TreeReference,
        reader: ContentReader,
        _ body: (_ path: [UInt8], _ entry: TreeEntry) throws -> Void
    ) throws {
        var waiting: [(path: [UInt8], reference: TreeReference)] = [([], tree)]
        while let (path, reference) = waiting.popLast() {
            let directory = try naming(path) { try reader.directory(reference) }
            var below: [(path: [UInt8], reference: TreeReference)] = []
            for item in directory.items {
                let place = joined(path, item.name)
                try body(place, item.entry)
                if case .directory(let reference, _) = item.entry { below.append((place, reference)) }
            }
            waiting += below.reversed()
        }
    }
}

/// A path with a name behind it.
func joined(_ path: [UInt8], _ name: [UInt8]) -> [UInt8] { path.isEmpty ? name : path + [0x2f] + name }
