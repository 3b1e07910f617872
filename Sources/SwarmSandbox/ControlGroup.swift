internal import Glibc
internal import SwarmPlatform

/// A cgroup of one run, removed when it is closed. Version 2 is one directory, version 1 one for each controller.
struct ControlGroup {
    let engine: LimitsEngine
    private let directories: [String]

    /// Makes a group with the limits; nil where this process may make none that holds all of them.
    static func make(memory: Int?, processes: Int?) -> ControlGroup? {
        let lines = ((try? Files.read("/proc/self/cgroup", limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) })
        let memberships = (lines ?? "").split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        }.filter { $0.count == 3 }
        let name =
            "swarm-" + Randomness.bytes(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return makeSecond(memberships, name, memory, processes) ?? makeFirst(memberships, name, memory, processes)
    }

    // Version 2: a group that holds processes cannot give controllers to its children, so those above are tried too.
    private static func makeSecond(
        _ memberships: [[String]],
        _ name: String,
        _ memory: Int?,
        _ processes: Int?
    ) -> ControlGroup? {
        guard let own = memberships.first(where: { $0[0] == "0" })?[2] else { return nil }
        var needed: [String] = []
        if memory != nil { needed.append("memory") }
        if processes != nil { needed.append("pids") }
        for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] where Files.kind(root + "/cgroup.procs") != nil {
            var parent = PathName.join(root, own == "/" ? "" : own)
            while PathName.lies(parent, under: root) {
                if enable(needed, in: parent), access(parent + "/cgroup.procs", W_OK) == 0,
                    mkdir(parent + "/" + name, 0o755) == 0
                {
                    let group = ControlGroup(engine: .controlGroup2, directories: [parent + "/" + name])
                    if group.limitSecond(memory, processes) { return group }
                    group.close()
                }
                parent = Files.parent(of: parent)
            }
        }
        return nil
    }

    private static func enable(_ controllers: [String], in folder: String) -> Bool {
        guard let given = try? Files.read(folder + "/cgroup.subtree_control", limit: 4096) else { return false }
        let enabled = String(decoding: given, as: UTF8.self).split { $0 == " " || $0 == "\n" }.map(String.init)
        return controllers.allSatisfy { enabled.contains($0) || put("+" + $0, folder + "/cgroup.subtree_control") }
    }

    private func limitSecond(_ memory: Int?, _ processes: Int?) -> Bool {
        let folder = directories[0]
        if let memory {
            guard ControlGroup.put(String(memory), folder + "/memory.max") else { return false }
            _ = ControlGroup.put("0", folder + "/memory.swap.max")
        }
        if let processes, !ControlGroup.put(String(processes), folder + "/pids.max") { return false }
        return true
    }

    private static func makeFirst(
        _ memberships: [[String]],
        _ name: String,
        _ memory: Int?,
        _ processes: Int?
    ) -> ControlGroup? {
        var made: [String] = []
        func make(_ controller: String, _ files: [(name: String, value: Int, needed: Bool)]) -> Bool {
            let membership = memberships.first { $0[1].split(separator: ",").contains(Substring(controller)) }
            guard let own = membership?[2] else { return false }
            let root = "/sys/fs/cgroup/" + controller
            for parent in [PathName.join(root, own == "/" ? "" : own), root] {
                guard mkdir(parent + "/" + name, 0o755) == 0 else { continue }
                made.append(parent + "/" + name)
                return files.allSatisfy { put(String($0.value), parent + "/" + name + "/" + $0.name) || !$0.needed }
            }
            return false
        }
        var works = true
        if let memory {
            let swap = ("memory.memsw.limit_in_bytes", memory, false)
            works = make("memory", [("memory.limit_in_bytes", memory, true), swap])
        }
        if let processes { works = works && make("pids", [("pids.max", processes, true)]) }
        let group = ControlGroup(engine: .controlGroup1, directories: made)
        if works { return group }
        group.close()
        return nil
    }

    /// The files that a process writes itself into.
    var memberFiles: [String] { directories.map { $0 + "/cgroup.procs" } }

    /// Whether the kernel killed for memory, and refused a process, in this group.
    func events() -> (memory: Bool, processes: Bool) {
        var memory = false
        var processes = false
        for folder in directories {
            for file in ["/memory.events", "/memory.oom_control"]
            where ControlGroup.value("oom_kill", folder + file) > 0 {
                memory = true
            }
            if ControlGroup.value("max", folder + "/pids.events") > 0 { processes = true }
        }
        return (memory, processes)
    }

    /// Removes the group once its processes are gone, which the kernel may take some milliseconds to notice.
    func close() {
        for folder in directories {
            _ = ControlGroup.put("1", folder + "/cgroup.kill")
            for _ in 0..<200 {
                if rmdir(folder) == 0 || errno != EBUSY { break }
                usleep(5000)
            }
        }
    }

    private static func put(_ text: String, _ path: String) -> Bool {
        guard let file = try? Descriptor.open(path, O_WRONLY) else { return false }
        return (try? file.write(Array(text.utf8))) != nil
    }

    private static func value(_ name: String, _ path: String) -> Int {
        guard let bytes = try? Files.read(path, limit: 4096) else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) ?? 0 }
        }
        return 0
    }
}
