internal import SwarmContracts
internal import Synchronization

/// Names of files that have, or may have, several.
final class LinkTable: Sendable {
    /// What makes two names those of one file.
    enum Key: Hashable {
        case inode(device: UInt64, number: UInt64)
        case stored(Digest256)
    }

    struct Member: Sendable {
        let folder: ScanFolder
        let slot: Int
        let path: [UInt8]
        /// What is on the disk; nil for a name that an upper layer does not touch.
        let status: FileStatus?
        /// What the parent's tree has at this path.
        let before: TreeEntry?
        /// What the stat cache has for it.
        let cached: Content?
    }

    private let members = Mutex<[Key: [Member]]>([:])

    func add(_ key: Key, _ member: Member) { members.withLock { $0[key, default: []].append(member) } }

    /// The names of each file, in byte order. The table is empty afterwards.
    var groups: [[Member]] {
        members.withLock { members in
            defer { members = [:] }
            return members.values.map { $0.sorted { $0.path.precedes($1.path) } }
        }
    }
}

extension Scan {
    /// Finds out the content of a file with several names, once, and enters it under each of them. Its reference is that of
    /// the first name under which the parent has the same plaintext, else named anew: it does not depend on who came first.
    func resolve(_ group: [LinkTable.Member]) throws {
        guard let first = group.first else { return }
        let link = group.count > 1 ? FileFacts.link(first: first.path) : nil
        guard first.status != nil else {
            for member in group {
                guard case .file(let content, let facts) = member.before else { continue }
                let entry = TreeEntry.file(content, FileFacts(isExecutable: facts.isExecutable, link: link))
                try deliver(member.folder, member.slot, entry)
            }
            return
        }
        let content = try content(of: group)
        for member in group {
            guard let content, let status = member.status else {
                try deliver(member.folder, member.slot, nil)
                continue
            }
            let entry = TreeEntry.file(content, FileFacts(isExecutable: status.isExecutable, link: link))
            let known =
                member.before.map { !$0.isSame(as: entry) } ?? (member.cached.map { !$0.isSame(as: content) } ?? true)
            notes.count(content, isChanged: known)
            try deliver(member.folder, member.slot, entry, status)
        }
    }

    private func content(of group: [LinkTable.Member]) throws -> Content? {
        let known = group.compactMap { member -> Content? in
            if case .file(let content, _) = member.before { return content }
            return nil
        }
        if let cached = group.lazy.compactMap(\.cached).first {
            return known.first { $0.isSame(as: cached) } ?? cached
        }
        for member in group {
            guard let name = member.path.split(separator: 0x2f).last,
                let folder = try? access?.open(member.folder.path)
            else { continue }
            if let (content, _) = try read(folder, Array(name), member.path, known: known) { return content }
        }
        return nil
    }
}
