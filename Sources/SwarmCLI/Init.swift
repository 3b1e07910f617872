internal import ArgumentParser
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

struct Init: Verb {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a store in this directory.",
        discussion: """
            Makes .swarm/ with a fresh key (or one that you give) and the empty root node. Keep the recovery string of \
            `swarm key export`: with it and the files of the store everything can be opened again.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Use the keys of these recovery strings (a file, - or fd:N).", valueName: "file|-"))
    var importKey: String?

    @Option(
        help: ArgumentHelp("Wrap the key under the passphrase in this file (a file, - or fd:N).", valueName: "file|-")
    )
    var passphraseFile: String?

    @Flag(help: "Wrap the key under a passphrase that is asked for.")
    var passphrase = false

    @Option(
        help: ArgumentHelp("Also write the workflow with which steps are started there: github.", valueName: "name")
    )
    var backend: String?

    @Option(help: ArgumentHelp("The workflow that runs a step, at a full commit.", valueName: "owner/repo/path@sha"))
    var workflowRef: String?

    func validate() throws {
        if workflowRef != nil, backend != "github" {
            throw ValidationError("--workflow-ref goes with --backend github.")
        }
    }

    func perform(_ context: Context) throws -> Int32 {
        if let backend, backend != "local" { return try addBackend(backend, context) }
        return try makeStore(context)
    }

    /// Makes the store where there is none, writes the workflow, and remembers the pin.
    private func addBackend(_ name: String, _ context: Context) throws -> Int32 {
        guard name == "github" else { throw EngineFailure.backendUnavailable(name) }
        guard let workflowRef else { throw RemoteRunFailure.workflowRefRequired }
        let pin = try WorkflowRef(workflowRef)
        guard pin.path.split(separator: "/").count >= 3 else {
            throw WorkflowRefError.malformed(Name.shown(workflowRef))
        }
        let folder = global.store.map { Files.absolute($0) } ?? Files.currentFolder() + "/.swarm"
        let layout = StoreLayout(root: folder)
        if Files.kind(layout.nodes) != .directory { _ = try makeStore(context) }
        let file = try CallerWorkflowFile.write(pin: pin, project: layout.project)
        try Settings.set("github.workflow_ref", pin.description, in: layout.config)
        if context.console.json {
            context.console.write([
                "status": "written", "file": .string(file), "workflow_ref": .string(pin.description),
            ])
        } else {
            context.console.say("wrote \(file)")
            context.console.say("next: commit and push it to the default branch, then `swarm backend github setup`")
        }
        return 0
    }

    private func makeStore(_ context: Context) throws -> Int32 {
        let folder = global.store.map { Files.absolute($0) } ?? Files.currentFolder() + "/.swarm"
        let layout = StoreLayout(root: folder)
        let keys =
            if let importKey {
                try Keyring(recoveryText: try Passphrase.readText(importKey))
            } else {
                Keyring(current: RootSecret.fresh(from: Randomness.bytes(RootSecret.randomCount)))
            }
        let node = try Store.create(layout, keys: keys, passphrase: try chosenPassphrase())
        if context.console.json {
            context.console.write([
                "status": "initialized", "store": .string(folder), "node_id": .string(node.description),
                "key_id": .string(keys.current.keyID.description),
            ])
        } else {
            context.console.say("made the store \(folder)")
            context.console.say("key \(keys.current.keyID); keep the output of `swarm key export` somewhere safe")
            context.console.say("next: swarm run launch -- make test")
        }
        return 0
    }

    private func chosenPassphrase() throws -> SecretText? {
        if let passphraseFile { return try notEmpty(Passphrase.read(passphraseFile)) }
        guard passphrase else { return nil }
        let first = try notEmpty(Passphrase.prompt("New passphrase: "))
        let second = try Passphrase.prompt("Once more: ")
        let same = first.withText { one in second.withText { $0 == one } }
        guard same else { throw UsageFailure(message: "the two passphrases differ") }
        return first
    }

    private func notEmpty(_ text: SecretText) throws -> SecretText {
        if text.isEmpty { throw UsageFailure(message: "the passphrase is empty") }
        return text
    }
}
