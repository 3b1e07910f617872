internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmRemote

extension RemoteStore {
    /// Hands on all objects of a shelf, a page at a time, in the byte order of their names. Throws `SyncFailure.untrusted` where a
    /// page does not lie behind the one before: such a list would have no end.
    func eachPage(of shelf: RemoteShelf, _ body: ([RemoteEntry]) throws -> Void) throws {
        var after: String?
        while true {
            let page = try list(shelf, after: after)
            guard let last = page.last else { return }
            if let after, !after.utf8.lexicographicallyPrecedes(last.name.utf8) {
                throw SyncFailure.untrusted(
                    remote: name,
                    what: "its list of \(shelf.rawValue) behind \(Name.shown(after)) ends at \(Name.shown(last.name))"
                )
            }
            try body(page)
            after = last.name
        }
    }
}
