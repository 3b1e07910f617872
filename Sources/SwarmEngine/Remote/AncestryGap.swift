internal import SwarmContracts

/// The part of a way to the root that a remote lacks.
///
/// A remote that has a node has its ancestors. So the question is put to few nodes: at doubling distances until one is
/// there, then by halves. A way of n nodes that the remote lacks costs some 2 log n questions, where asking node after node
/// would be a round trip for each.
struct AncestryGap<ID: Hashable, Row> {
    /// The row and parent of a node; nil where this store has no such node.
    let row: (ID) throws -> (row: Row, parent: ID?)?
    /// Whether the remote has a node.
    let isThere: (ID) throws -> Bool
    /// The nodes of earlier answers: a way ends where it meets one.
    private(set) var found: Set<ID> = []

    init(row: @escaping (ID) throws -> (row: Row, parent: ID?)?, isThere: @escaping (ID) throws -> Bool) {
        (self.row, self.isThere) = (row, isThere)
    }

    /// What lies on the way from `tip` to its nearest ancestor that is there, `tip` first, and in no earlier answer. Throws
    /// what `broken` makes of an ancestor that this store does not have.
    mutating func next(_ tip: ID, broken: (ID) -> any Error) throws -> [Row] {
        var way: [(id: ID, row: Row)] = []
        var above: ID? = tip
        var lacking = 0
        var stride = 1
        while true {
            while way.count < lacking + stride, let id = above, !found.contains(id) {
                guard let step = try row(id) else {
                    // Only what has to be sent must be here.
                    if try isThere(id) { above = nil } else { throw broken(id) }
                    continue
                }
                way.append((id, step.row))
                above = step.parent
            }
            guard way.count > lacking else { break }
            if try isThere(way[way.count - 1].id) {
                way.removeLast(way.count - (try boundary(way.map(\.id), lacking, way.count - 1)))
                break
            }
            lacking = way.count
            stride *= 2
        }
        found.formUnion(way.map(\.id))
        return way.map(\.row)
    }

    /// The first place in `low...high` whose node is there; the one at `high` is.
    private func boundary(_ way: [ID], _ low: Int, _ high: Int) throws -> Int {
        var (low, high) = (low, high)
        while low < high {
            let middle = (low + high) / 2
            if try isThere(way[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
