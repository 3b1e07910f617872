internal import SwarmPlatform

/// Reads from the end of a failed step's output what the sandbox may have refused it.
enum RefusalHints {
    private static let limit = 8
    private static let offline = [
        "could not resolve host", "network is unreachable", "temporary failure in name resolution",
        "name or service not known", "getaddrinfo", "enetunreach", "connection refused",
    ]

    /// Hints for `tail`. `visible` says whether a host path can be seen inside, `writable` whether it can be written.
    static func find(
        in tail: [UInt8],
        network: NetworkAccess,
        exists: (String) -> Bool,
        visible: (String) -> Bool,
        writable: (String) -> Bool
    ) -> [RefusalHint] {
        var hints: [RefusalHint] = []
        func add(_ message: String, _ flag: String?) {
            let hint = RefusalHint(message: message, flag: flag)
            if hints.count < limit, !hints.contains(hint) { hints.append(hint) }
        }
        for line in String(decoding: tail.suffix(OutputGate.tailLength), as: UTF8.self).split(separator: "\n") {
            let lower = line.lowercased()
            if network == .none, offline.contains(where: { has(lower, $0) }) {
                add("the step has no network", "--route-mode direct")
            }
            let refusedWrite = has(lower, "read-only file system") || has(lower, "erofs")
            for path in paths(in: line) {
                if refusedWrite, !writable(path) {
                    add("\(path) is read-only in the sandbox", "--allow-write \(path)")
                } else if exists(path), !visible(path) {
                    add("\(path) is not visible in the sandbox", "--allow-read \(path)")
                }
            }
            if has(lower, "command not found") || has(lower, ": not found") {
                add("a program was not found: \(line.prefix(120))", "--allow-read DIRECTORY")
            }
        }
        return hints
    }

    /// Words that are absolute paths of at least one name.
    static func paths(in line: Substring) -> [String] {
        let separators: Set<Character> = [
            " ", "\t", "\r", "'", "\"", "`", ":", ",", "(", ")", "[", "]", "<", ">", "=", ";",
        ]
        return line.split { separators.contains($0) || $0 == "\u{2018}" || $0 == "\u{2019}" }.compactMap { word in
            guard word.hasPrefix("/"), word.count > 1, word.utf8.count < 1024 else { return nil }
            let path = Files.absolute(String(word.hasSuffix(".") ? word.dropLast() : word))
            return path == "/" ? nil : path
        }
    }

    private static func has(_ text: String, _ part: String) -> Bool {
        var rest = Substring(text)
        while let first = part.first, let index = rest.firstIndex(of: first) {
            rest = rest[index...]
            if rest.hasPrefix(part) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
