internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// The login files of agent programs that `--login` gives a run as a private copy. They never enter a snapshot.
///
/// A run's home is what a step left, or an earlier run's: on the way to a file in it no link is followed.
struct LoginFiles: Sendable {
    /// Relative to HOME.
    let files: [String]

    static let known: [(name: String, login: LoginFiles)] = [
        ("claude", LoginFiles(files: [".claude/.credentials.json", ".claude.json"])),
        ("codex", LoginFiles(files: [".codex/auth.json", ".codex/config.toml"])),
    ]

    static var names: String { known.map(\.name).joined(separator: ", ") }

    static func named(_ name: String) -> LoginFiles? { known.first { $0.name == name }?.login }

    /// Whether a home holds any of them.
    func isThere(in home: String) -> Bool { files.contains { Files.kind(home + "/" + $0) == .regular } }

    /// Copies what is there from the account's home into a run's; gives the strings that must not appear in its output.
    /// Throws exit 2 where something else than a folder stands on the way in the run's home, or a folder at the end.
    func copy(from home: String, to target: String) throws -> [[UInt8]] {
        let run = try Descriptor.open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        var secrets: [[UInt8]] = []
        for file in files {
            let source = home + "/" + file
            guard Files.kind(source) == .regular else { continue }
            let bytes = try Files.read(source, limit: 4 << 20)
            try write(bytes, to: file, in: run)
            secrets += LoginFiles.secrets(in: bytes, credentialsOnly: file == files.first)
        }
        return secrets
    }

    /// Takes the copies out of a run's home before it is snapshotted. What a link hides is no copy and stays.
    func remove(from home: String) {
        guard let run = try? Descriptor.open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return }
        for file in files {
            guard let folder = folder(of: file, in: run) else { continue }
            unlinkat(folder.number, name(of: file), 0)
        }
    }

    /// Makes the file anew, so that it shares its bytes with no other name in the home.
    private func write(_ bytes: [UInt8], to file: String, in home: Descriptor) throws {
        guard let folder = folder(of: file, in: home, making: true) else {
            throw EngineFailure.loginBlocked(Files.parent(of: file))
        }
        guard unlinkat(folder.number, name(of: file), 0) == 0 || errno == ENOENT else {
            throw EngineFailure.loginBlocked(file)
        }
        let number = openat(folder.number, name(of: file), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError.last("create", home.path + "/" + file) }
        try Descriptor(owning: number, path: home.path + "/" + file).write(bytes)
    }

    /// The folder of a file; nil where it is not there, or a link or another thing stands on the way.
    private func folder(of file: String, in home: Descriptor, making: Bool = false) -> Descriptor? {
        var folder = home
        for part in file.split(separator: "/").dropLast().map(String.init) {
            if making { mkdirat(folder.number, part, 0o700) }
            let number = openat(folder.number, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard number >= 0 else { return nil }
            folder = Descriptor(owning: number, path: folder.path + "/" + part)
        }
        return folder
    }

    private func name(of file: String) -> String { file.split(separator: "/").last.map(String.init) ?? file }

    /// The words of a login file that look like credentials: of a file of credentials every word of 20 bytes or more, of
    /// others what begins as an API key does, since they hold paths and settings too.
    static func secrets(in bytes: [UInt8], credentialsOnly: Bool) -> [[UInt8]] {
        bytes.split { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") || $0 <= 0x20 }
            .filter { $0.count >= 20 && (credentialsOnly || $0.starts(with: "sk-".utf8)) }.map { Array($0) }
    }
}
