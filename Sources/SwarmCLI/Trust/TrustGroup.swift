internal import ArgumentParser
internal import Sigstore
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

struct TrustGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Install and show the trusted roots that attestations are judged by.",
        discussion: """
            A trusted root says which certificate authorities, logs and timestamp authorities count. None is built in.

              gh attestation trusted-root > roots.jsonl
              swarm trust import roots.jsonl
            """,
        subcommands: [TrustImport.self, TrustShow.self]
    )
}

extension TrustStore {
    /// The person's own: `$XDG_CONFIG_HOME/swarm/trust`, else `~/.swarm/trust`.
    static func ofUser() -> TrustStore? {
        if let base = Environment.value("XDG_CONFIG_HOME"), !base.isEmpty {
            return TrustStore(folder: base + "/swarm/trust")
        }
        return Environment.home.map { TrustStore(folder: $0 + "/.swarm/trust") }
    }
}

struct TrustImport: Verb {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Install trusted roots from a file (or -).",
        discussion: """
            The file holds one trusted_root.json, or one on each line. It is checked first; where one of several is not \
            usable nothing is installed. Take it from a place that you trust: whoever makes it decides what verifies.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The file, or - for standard input.", valueName: "file"))
    var file: String

    func perform(_ context: Context) throws -> Int32 {
        guard let store = TrustStore.ofUser() else { throw UsageFailure(message: "HOME is not set") }
        let digests = try store.install(try Passphrase.readBytes(file, limit: 16 << 20), from: Name.shown(file))
        if context.console.json {
            context.console.write(["trusted_roots": .array(digests.map { .string($0.description) })])
        } else {
            for digest in digests { context.console.write("\(digest)\n") }
            context.console.say("\(Quantity.count(digests.count, "trusted root")) installed")
        }
        return 0
    }
}

struct TrustShow: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the trusted roots that are installed, and how old they are."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ context: Context) throws -> Int32 {
        let entries = try TrustStore.ofUser()?.entries() ?? []
        let now = Clock.nowSeconds()
        if context.console.json {
            context.console.write([
                "trusted_roots": .array(
                    entries.map { entry in
                        let summary = entry.root.summary
                        return [
                            "sha256": .string(entry.digest.description),
                            "installed_at_unix": JSONValue(Int(entry.installedAt)),
                            "age_days": JSONValue(Int(now - entry.installedAt) / 86_400),
                            "old": .bool(now - entry.installedAt > TrustStore.oldAge),
                            "certificate_authorities": JSONValue(summary.certificateAuthorities),
                            "timestamp_authorities": JSONValue(summary.timestampAuthorities),
                            "transparency_logs": JSONValue(summary.transparencyLogs),
                            "certificate_logs": JSONValue(summary.certificateLogs),
                        ]
                    }
                )
            ])
            return 0
        }
        for entry in entries {
            let summary = entry.root.summary
            let parts = [
                Quantity.count(summary.certificateAuthorities, "certificate authority", "certificate authorities"),
                Quantity.count(summary.timestampAuthorities, "timestamp authority", "timestamp authorities"),
                Quantity.count(summary.transparencyLogs, "log"),
                Quantity.count(summary.certificateLogs, "certificate log"),
            ]
            let age = Quantity.ago(now - entry.installedAt)
            context.console.write("\(entry.digest.hex.prefix(16))  \(age)  \(parts.joined(separator: ", "))\n")
            if now - entry.installedAt > TrustStore.oldAge {
                context.console.warn("this root is old: take it anew with `swarm trust import`")
            }
        }
        if entries.isEmpty { context.console.say("no trusted root is installed; `swarm trust import FILE` does that") }
        return 0
    }
}
