internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot

/// A commit that was fetched from a node.
package struct FetchedCommit: Sendable {
    package let commit: String
    package let reference: String
}

extension Store {
    /// The commits at the HEAD of `new` that are not at the HEAD of `old`, newest first: 12 digits and the subject. Empty
    /// where nothing was committed.
    package func commits(from old: OpenedNode, to new: OpenedNode) throws -> [String] {
        guard let head = GitHead.commit(in: new.root.workspace, reader: reader) else { return [] }
        let before = GitHead.commit(in: old.root.workspace, reader: reader)
        guard before != head else { return [] }
        return try withRepository(of: new) { git in
            var arguments = ["log", "--max-count=1000", "--format=%h %s", "--abbrev=12", head]
            if let before, try git.has(before) { arguments += ["--not", before] }
            let result = try git.run(arguments)
            guard result.exitCode == 0 else { return [] }
            return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map { line in
                String(
                    String.UnicodeScalarView(line.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 })
                )
            }
        }
    }

    /// Fetches the HEAD of a node into the repository at `directory`, as `refs/swarm/<run id>` and nothing else: no other
    /// reference, no hook and no setting of the repository is touched. Nil where the node has no commit.
    package func fetchCommits(of node: OpenedNode, into directory: String) throws -> FetchedCommit? {
        guard let head = GitHead.commit(in: node.root.workspace, reader: reader) else { return nil }
        let reference = "refs/swarm/\(node.runID)"
        return try withRepository(of: node) { git in
            guard try git.has(head) else {
                throw EngineFailure.gitUnavailable("the node's HEAD names a commit that it lacks")
            }
            let target = GitRepository(path: directory, scratch: git.scratch)
            let result = try target.run([
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                "--no-recurse-submodules",
                git.path, "+refs/heads/swarm:\(reference)",
            ])
            guard result.exitCode == 0 else {
                let words = String(decoding: result.messages, as: UTF8.self).split(separator: "\n").first
                throw EngineFailure.gitUnavailable(words.map(String.init) ?? "git fetch failed")
            }
            return FetchedCommit(commit: head, reference: reference)
        }
    }

    /// Runs `body` with a fresh bare repository that holds the objects of a node's `.git` and one reference to its HEAD.
    /// Nothing else of what the step wrote there is ever read by git: no setting, hook, alternate or reference.
    private func withRepository<R>(of node: OpenedNode, _ body: (GitRepository) throws -> R) throws -> R {
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let git = GitRepository(path: temporary.path + "/repository.git", scratch: temporary.path)
        guard try git.runPlain(["init", "--quiet", "--bare", "--template=", git.path]).exitCode == 0 else {
            throw EngineFailure.gitUnavailable("git init failed")
        }
        try content(of: node) { try copyObjects(of: node, to: git.path + "/objects") }
        if let head = GitHead.commit(in: node.root.workspace, reader: reader) {
            _ = try git.run(["update-ref", "refs/heads/swarm", head])
        }
        return try body(git)
    }

    private func copyObjects(of node: OpenedNode, to target: String) throws {
        guard
            case .directory(let objects, _)? = try TreeWalk.entry(
                at: Array(".git/objects".utf8),
                in: node.root.workspace,
                reader: reader
            )
        else { return }
        try TreeWalk.each(in: objects, reader: reader) { path, entry in
            guard case .file(let content, _) = entry, let name = GitObjectName.plain(path) else { return }
            try Files.makeFolder(Files.parent(of: "\(target)/\(name)"), mode: 0o700)
            try reader.write(content, to: "\(target)/\(name)", mode: 0o600)
        }
    }
}

/// The files below `objects/` that are objects or packs; `info/alternates` and whatever else lies there is left out.
enum GitObjectName {
    /// The relative path, or nil for a file that git itself would not have put there.
    static func plain(_ path: [UInt8]) -> String? {
        guard let text = String(validating: path, as: UTF8.self) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[0] == "pack" {
            let name = parts[1].split(separator: ".", omittingEmptySubsequences: false)
            guard name.count == 2, ["pack", "idx", "rev"].contains(name[1]), name[0].hasPrefix("pack-"),
                Hex.decode(name[0].dropFirst(5)) != nil
            else { return nil }
            return text
        }
        guard parts[0].utf8.count == 2, parts[1].utf8.count == 38, Hex.decode(parts[0] + parts[1]) != nil else {
            return nil
        }
        return text
    }
}

/// A git repository that is spoken to through git itself, with a bare environment.
struct GitRepository {
    let path: String
    /// Where git's output passes through.
    let scratch: String

    private static let settings = [
        "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c",
        "fetch.fsckObjects=true",
        "-c", "protocol.allow=never", "-c", "protocol.file.allow=always", "-c", "safe.directory=*", "-c",
        "credential.helper=",
    ]

    /// Runs git in the repository.
    func run(_ arguments: [String]) throws -> ChildProcess.Result {
        try runPlain(["-C", path] + GitRepository.settings + arguments)
    }

    /// Runs git where no repository is needed.
    func runPlain(_ arguments: [String]) throws -> ChildProcess.Result {
        let environment = [
            "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(scratch)", "GIT_CONFIG_NOSYSTEM=1",
            "GIT_CONFIG_GLOBAL=/dev/null",
            "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C",
        ]
        do {
            return try ChildProcess.run("git", arguments, environment: environment, folder: scratch)
        } catch {
            throw EngineFailure.gitUnavailable(error.message)
        }
    }

    func has(_ commit: String) throws -> Bool { try run(["cat-file", "-e", commit + "^{commit}"]).exitCode == 0 }
}
