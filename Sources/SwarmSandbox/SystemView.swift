internal import Glibc
internal import SwarmPlatform

/// What every strict sandbox shows of the host: its programs and its configuration, without what only root may read.
enum SystemView {
    /// The folders shown read-only where the host has them.
    static let folders = ["/usr", "/opt", "/etc"]

    /// `/bin`, `/sbin`, `/lib*`: links where the host has links, else folders.
    static func programFolders() -> [SandboxOperation] {
        let names = ((try? Files.names(in: "/")) ?? []).filter { $0 == "bin" || $0 == "sbin" || $0.hasPrefix("lib") }
        return names.sorted().compactMap { name in
            switch Files.kind("/" + name) {
            case .directory: .bind(Mount(host: "/" + name, target: "/" + name, writable: false))
            case .symbolicLink: link("/" + name).map { .link($0, at: "/" + name) }
            default: nil
            }
        }
    }

    /// Where name resolution is configured behind a link out of /etc: the one file behind it.
    static func resolverConfiguration() -> Mount? {
        guard let real = Files.realPath("/etc/resolv.conf"), !PathName.lies(real, under: "/etc") else { return nil }
        return Mount(host: real, target: real, writable: false)
    }

    /// Everything under /etc, and near the top of /opt, that not everyone may read. A folder stands for what is in it.
    static func secrets() -> [String] {
        walk("/etc", depth: 16) + walk("/opt", depth: 2)
    }

    private static func walk(_ folder: String, depth: Int) -> [String] {
        guard depth > 0 else { return [] }
        var found: [String] = []
        for name in (try? Files.names(in: folder)) ?? [] {
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let open = status.st_mode & (S_IROTH | S_IXOTH) == S_IROTH | S_IXOTH
                found += open ? walk(path, depth: depth - 1) : [path]
            case S_IFLNK: continue
            case S_IFREG: if status.st_mode & S_IROTH == 0 { found.append(path) }
            default: found.append(path)
            }
        }
        return found
    }

    /// The target of a link as it is written.
    static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { raw in
            raw.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { readlink(path, $0, text.count) } ?? -1
            }
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Whether this process may mount without a user namespace of its own (CAP_SYS_ADMIN, bit 21).
    static let mayMount: Bool = {
        guard let bytes = try? Files.read("/proc/self/status", limit: 1 << 16) else { return false }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("CapEff:") {
            let digits = line.dropFirst(7).filter { $0.isHexDigit }
            return (UInt64(digits, radix: 16) ?? 0) & (1 << 21) != 0
        }
        return false
    }()
}
