internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// The login files of agent programs that `--login` gives a run as a private copy. They never enter a snapshot.
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
    func copy(from home: String, to target: String) throws -> [[UInt8]] {
        var secrets: [[UInt8]] = []
        for file in files {
            let source = home + "/" + file
            guard Files.kind(source) == .regular else { continue }
            let bytes = try Files.read(source, limit: 4 << 20)
            try Files.makeFolder(Files.parent(of: target + "/" + file), mode: 0o700)
            try Files.write(bytes, to: target + "/" + file, mode: 0o600, sync: false)
            secrets += LoginFiles.secrets(in: bytes, credentialsOnly: file == files.first)
        }
        return secrets
    }

    /// Takes the copies out of a run's home before it is snapshotted.
    func remove(from home: String) {
        for file in files { unlink(home + "/" + file) }
    }

    /// The words of a login file that look like credentials: of a file of credentials every word of 20 bytes or more, of
    /// others what begins as an API key does, since they hold paths and settings too.
    static func secrets(in bytes: [UInt8], credentialsOnly: Bool) -> [[UInt8]] {
        bytes.split { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") || $0 <= 0x20 }
            .filter { $0.count >= 20 && (credentialsOnly || $0.starts(with: "sk-".utf8)) }.map { Array($0) }
    }
}
