internal import ArgumentParser
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

struct KeyGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Show, save, restore and rotate the store's key.",
        subcommands: [KeyShow.self, KeyExport.self, KeyImport.self, KeyRotate.self]
    )
}

struct KeyShow: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the public side of the store's key.",
        discussion: """
            With --recipient only the line is printed that others need to seal a token for you; with --public only the \
            key, as PEM, under which others verify the attestations of your runs. After `swarm key rotate` there are \
            several keys: --id names an older one.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Print the recipient line alone.")
    var recipient = false

    @Option(help: ArgumentHelp("The key to show; that for new nodes where none is named.", valueName: "key id"))
    var id: String?

    @Flag(name: .customLong("public"), help: "Print the operator's public key alone, as PEM.")
    var publicKey = false

    func validate() throws {
        if recipient, publicKey { throw ValidationError("--recipient and --public print different things; give one") }
    }

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let key = try id.map { try store.publicKey($0) } ?? store.publicKey
        let all = store.keyring.all.map(\.keyID.description)
        if context.console.json {
            context.console.write([
                "key_id": .string(key.keyID), "did": .string(key.did), "recipient": .string(key.recipient.text),
                "public_key_pem": .string(key.pem), "recipient_id": .string(key.recipient.id),
                "wrapped": .bool(key.isWrapped), "keys": .array(all.map(JSONValue.string)),
                "current": .string(store.keyring.current.keyID.description),
                "recipients": .array(try store.recipients().map { .string($0.id) }),
            ])
        } else if recipient {
            context.console.write(key.recipient.text + "\n")
        } else if publicKey {
            context.console.write(key.pem)
        } else {
            var lines = [
                ("key", key.keyID), ("operator", key.did), ("recipient", key.recipient.id),
                ("at rest", key.isWrapped ? "wrapped under a passphrase" : "plain, mode 0600"),
            ]
            for other in all where other != key.keyID { lines.append(("other key", other)) }
            for other in try store.recipients() { lines.append(("known recipient", other.id)) }
            context.console.write(Table.pairs(lines))
        }
        return 0
    }
}

struct KeyExport: Verb {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print the recovery string: all there is to keep.",
        discussion: """
            Whoever has it opens everything in the store. It carries a checksum, so that a mistyped one is found. After \
            `swarm key rotate` there is one for each key, a line each, that of the key for new nodes first: keep all of \
            them.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Write it to this new file, mode 0600, instead of standard output.", valueName: "file"))
    var out: String?

    func validate() throws {
        if global.json, out == nil { throw ValidationError("With --json give --out FILE: no secret goes into JSON.") }
    }

    func perform(_ context: Context) throws -> Int32 {
        let target = try out.map { try GivenPath.placeForFile($0, "--out", fresh: true) }
        let store = try context.store()
        let recovery = store.keyring.recoveryText()
        if let out, let target {
            try recovery.withText { try Files.write(Array($0.utf8), to: target, mode: 0o600, exclusive: true) }
            context.console.say("the recovery string is in \(out)")
            if context.console.json {
                context.console.write([
                    "status": "exported", "file": .string(out), "key_id": .string(store.publicKey.keyID),
                    "keys": .array(store.keyring.all.map { .string($0.keyID.description) }),
                ])
            }
        } else {
            recovery.withText { context.console.write($0) }
        }
        return 0
    }
}

struct KeyImport: Verb {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Restore the store's keys from their recovery strings, or learn a recipient.",
        discussion: """
            A key that does not belong to this store is refused and nothing changes. Keys that are there stay; where what \
            is imported knows the key for new nodes and has a newer one, that takes its place. What is \
            damaged or another store's is put aside as root.json.replaced; so is, with --replace, a key file whose \
            passphrase is lost. With --recipient the file holds \
            another person's recipient line, to which `swarm state grant --to` can then seal.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The recovery strings or recipient line (a file, - or fd:N).", valueName: "file|-"))
    var source: String

    @Flag(help: "The file holds another person's recipient line.")
    var recipient = false

    @Option(help: ArgumentHelp("Wrap the key under the passphrase in this file.", valueName: "file|-"))
    var passphraseFile: String?

    @Flag(help: "Put the key file aside that is there, and its other keys with it.")
    var replace = false

    func perform(_ context: Context) throws -> Int32 {
        let layout = try context.layout()
        if recipient {
            let text = try Passphrase.read(source)
            let key = try text.withText { try RecipientPublicKey(text: $0.trimmedLine) }
            try layout.add(key)
            context.console.json
                ? context.console.write(["status": "imported", "recipient_id": .string(key.id)])
                : context.console.say("learnt the recipient \(key.id)")
            return 0
        }
        let keys = try Keyring(recoveryText: try Passphrase.readText(source))
        let restored = try Store.restoreKeys(
            keys,
            layout,
            passphrase: try passphraseFile.map { try Passphrase.read($0) },
            replacing: replace
        ) { try Passphrase.ask(for: "the key file that is there", context.console) }
        show(restored, context.console)
        return 0
    }

    private func show(_ restored: RestoredKeys, _ console: Console) {
        guard !console.json else {
            return console.write([
                "status": "imported", "key_id": .string(restored.current),
                "keys": .array(restored.all.map(JSONValue.string)),
                "missing_keys": .array(restored.missing.map(JSONValue.string)),
            ])
        }
        console.say("restored the key \(restored.current)")
        guard !restored.missing.isEmpty else { return }
        console.warn(
            "nodes under \(restored.missing.joined(separator: ", ")) stay closed until that key is imported too"
        )
    }
}
