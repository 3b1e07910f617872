internal import Glibc
internal import SwarmPlatform

/// Processes as /proc shows them.
enum ProcessTree {
    /// The parent of a process, or nil where it is gone.
    static func parent(of pid: Int32) -> Int32? {
        guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: 4096) else { return nil }
        // The name stands in parentheses and may hold any byte: only what follows its end can be split.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 1 else { return nil }
        return Int32(String(decoding: fields[1], as: UTF8.self))
    }

    /// Every process below `root`, itself left out.
    static func descendants(of root: Int32) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for name in (try? Files.names(in: "/proc")) ?? [] {
            guard let pid = Int32(name), let parent = parent(of: pid) else { continue }
            children[parent, default: []].append(pid)
        }
        var found: [Int32] = []
        var waiting = [root]
        while let next = waiting.popLast() {
            let below = children.removeValue(forKey: next) ?? []
            found += below
            waiting += below
        }
        return found
    }

    /// Sends a signal to every process below `root`.
    static func signal(below root: Int32, _ number: Int32) {
        for pid in descendants(of: root) { _ = kill(pid, number) }
    }
}
