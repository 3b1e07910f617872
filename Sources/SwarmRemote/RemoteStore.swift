package import SwarmContracts

/// A place where copies of nodes lie for other machines: a directory or a bucket.
///
/// Objects are written once and never change; refs are small and move by compare-and-swap alone. So two operators who push
/// at once lose nothing: of two writers of one object the first wins and the second is told, of two movers of one ref the
/// second is told. Any thread may call. Every call throws `RemoteFailure` where the place does not answer as it should; a
/// call that failed may be made again, whatever became of the first.
package protocol RemoteStore: Sendable {
    /// The place as a person knows it. It holds no credentials.
    var name: String { get }

    /// Makes the place ready to be written to, and clears away what ended writers left. Throws where it cannot keep the
    /// promises here, for instance because it ignores conditions on writes.
    func prepare() throws

    /// Bytes of an object; nil where there is none.
    func size(of object: RemoteObject) throws -> UInt64?

    /// Writes an object unless there is one of its name: then false, and nothing is changed. It is there whole or not at
    /// all, and still after a power cut once this has returned. What an interrupted call has sent of a large file is used by
    /// the next call with the same bytes, where the place can do that.
    func put(_ source: RemoteSource, at object: RemoteObject) throws -> Bool

    /// Bytes of an object from `range.lowerBound` on; fewer than asked only where the object ends. Nil where there is none.
    func read(_ object: RemoteObject, _ range: Range<UInt64>) throws -> [UInt8]?

    /// The next objects of a shelf behind the name `after`, in the byte order of their names; an empty list is the end.
    func list(_ shelf: RemoteShelf, after: String?) throws -> [RemoteEntry]

    /// Removes an object; one that is not there is no error.
    func delete(_ object: RemoteObject) throws

    /// What a ref holds; nil where there is none.
    func ref(_ object: RemoteObject) throws -> RemoteRef?

    /// Sets a ref to `bytes` if it still is what `expected` says (nil: there is none). False where it is not. A ref that
    /// holds just these bytes counts as set by this call: its answer may have been lost on the way.
    func swap(_ object: RemoteObject, expected: RemoteRef?, to bytes: [UInt8]) throws -> Bool

    /// Where whoever has no credentials can fetch an object: an absolute path, or a URL that holds for `seconds`.
    func location(of object: RemoteObject, seconds: Int64) throws -> RemoteLocation
}

/// The shelves of a remote. Their names are the folders there.
package enum RemoteShelf: String, Sendable, CaseIterable {
    /// Packs of sealed chunks.
    case packs
    /// A bundle file without chunks for each node.
    case nodes
    /// The branches.
    case refs
    /// Whole bundle files that were published for one reader.
    case published
}

/// The name of an object at a remote: a shelf and a name on it, of `A-Z a-z 0-9 . _ -`.
package struct RemoteObject: Sendable, Hashable, CustomStringConvertible {
    package let shelf: RemoteShelf
    package let name: String

    private init(_ shelf: RemoteShelf, _ name: String) { (self.shelf, self.name) = (shelf, name) }

    package static func pack(_ id: Digest256) -> RemoteObject { RemoteObject(.packs, id.hex + ".pack") }
    package static func node(_ id: NodeID) -> RemoteObject { RemoteObject(.nodes, id.description + ".tar") }
    package static func branch(_ label: Label) -> RemoteObject { RemoteObject(.refs, label.description + ".json") }
    package static func published(_ file: Digest256) -> RemoteObject { RemoteObject(.published, file.hex + ".tar") }

    /// `<shelf>/<name>`.
    package var description: String { shelf.rawValue + "/" + name }
}

/// What is to be written.
package enum RemoteSource: Sendable {
    case bytes([UInt8])
    /// A whole file that nobody changes meanwhile.
    case file(String)
}

/// An object on a shelf.
package struct RemoteEntry: Sendable, Equatable {
    package let name: String
    /// In bytes.
    package let size: UInt64

    package init(name: String, size: UInt64) { (self.name, self.size) = (name, size) }
}

/// What a ref held when it was looked at.
package struct RemoteRef: Sendable, Equatable {
    package let bytes: [UInt8]
    /// What the place itself calls this version.
    let version: String
}

/// Where an object can be fetched.
package enum RemoteLocation: Sendable, Equatable {
    /// Absolute.
    case path(String)
    /// It lets whoever has it read this one object for a while: no log and no input may hold it in the clear.
    case url(String)
}
