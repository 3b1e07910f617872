internal import SwarmContracts

/// What stood at a path at one moment, with what it takes to notice that it is no longer the same.
struct Observation: Sendable, Equatable {
    enum Disk: Sendable, Equatable {
        case state(FileState)
        /// A device, a pipe, a socket.
        case other
    }

    /// The file itself and not only its content. The time of its last change of status is not part of it: a rename, which
    /// is how we take it out of the way, moves that.
    struct Stamp: Sendable, Equatable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let modified: Int64
        let mode: UInt32
        let owner: UInt32
        let group: UInt32
    }

    let disk: Disk
    let stamp: Stamp?

    static let absent = Observation(disk: .state(.absent), stamp: nil)

    var state: FileState? {
        if case .state(let state) = disk { return state }
        return nil
    }

    /// A hash of what a file or link holds, by which a leftover is known again.
    var digest: Digest256? {
        switch disk {
        case .state(.file(_, let sha256, _)): sha256
        case .state(.symlink(let target)): Digest256.sha256(of: Array("link:".utf8) + target)
        case .state(.absent), .state(.directory), .other: nil
        }
    }
}
