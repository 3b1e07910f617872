internal import Glibc
internal import SwarmPlatform

/// The policy's rules about programs, worked out on this machine's files.
struct ToolRules {
    /// Host paths to mask, links resolved.
    private(set) var blocked: [String] = []
    /// Links of the private directory that becomes `PATH`; empty where there is no rule.
    private(set) var links: [SandboxOperation] = []

    /// Where allowed tools are linked, inside: /dev is the sandbox's own whatever else is mounted.
    static let folder = "/dev/swarm-tools"

    private static let shells = ["sh", "env", "bash"]
    private static let usual = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    private static let multiCall: Set<String> = ["busybox", "toybox", "coreutils", "uutils", "sbase-box", "ubase-box"]

    init(blocked: [String], allowed: [String], path: String, advisory: Set<String>) throws(SandboxFailure) {
        let search = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        let everywhere = search + ToolRules.usual.filter { !search.contains($0) }
        for tool in blocked {
            for real in Set(ToolRules.find(tool, in: everywhere).compactMap(Files.realPath)) {
                if let reason = ToolRules.sharing(real, with: tool, in: everywhere) {
                    if advisory.contains("blocked_tools") { continue }
                    throw .toolUnenforceable(tool: tool, reason: reason)
                }
                self.blocked.append(real)
            }
        }
        guard !allowed.isEmpty else { return }
        var seen: Set<String> = []
        links = [.folder(ToolRules.folder)]
        for tool in allowed + ToolRules.shells {
            let name = PathName.last(tool)
            guard let found = ToolRules.find(tool, in: everywhere).first, seen.insert(name).inserted else { continue }
            links.append(.link(found, at: ToolRules.folder + "/" + name))
        }
    }

    /// Every program of that name; an absolute path stands for itself.
    private static func find(_ tool: String, in folders: [String]) -> [String] {
        if tool.hasPrefix("/") { return Files.kind(tool) == nil ? [] : [tool] }
        return folders.map { $0 + "/" + tool }.filter { access($0, X_OK) == 0 }
    }

    /// Why masking the file `real` would take more away than `tool`.
    private static func sharing(_ real: String, with tool: String, in folders: [String]) -> String? {
        let base = PathName.last(real)
        let name = PathName.last(tool)
        if multiCall.contains(base), base != name { return "it is one of many programs in \(real)" }
        var status = stat()
        guard stat(real, &status) == 0 else { return nil }
        var others: Set<String> = []
        for folder in folders {
            for entry in (try? Files.names(in: folder)) ?? [] where entry != base && entry != name {
                var candidate = stat()
                guard fstatat(AT_FDCWD, folder + "/" + entry, &candidate, 0) == 0 else { continue }
                if candidate.st_ino == status.st_ino && candidate.st_dev == status.st_dev { others.insert(entry) }
            }
        }
        guard others.count > 4 else { return nil }
        return "\(real) is \(others.sorted().prefix(3).joined(separator: ", ")) and others too"
    }
}
