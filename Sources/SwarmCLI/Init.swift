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
        show(try makeStore(), nil, context)
        return 0
    }

    /// Makes the store where there is none, writes the workflow, and remembers the pin.
    private func addBackend(_ name: String, _ context: Context) throws -> Int32 {
        guard name == "github" else { throw EngineFailure.backendUnavailable(name) }
        guard let workflowRef else { throw RemoteRunFailure.workflowRefRequired }
        let pin = try WorkflowRef(workflowRef)
        guard pin.path.split(separator: "/").count >= 3 else {
            throw WorkflowRefError.malformed(Name.shown(workflowRef))
        }
        let layout = try StoreLayout(root: storeFolder())
        try CallerWorkflowFile.requirePlace(pin: pin, project: layout.project)
        let made = try Files.kind(layout.nodes) == .directory ? nil : makeStore()
        let file = try CallerWorkflowFile.write(pin: pin, project: layout.project)
        try Settings.set("github.workflow_ref", pin.description, in: layout.config)
        show(made, (file, pin), context)
        return 0
    }

    /// One object for both: the store where one was made, the workflow where one was written.
    private func show(_ store: MadeStore?, _ workflow: (file: String, pin: WorkflowRef)?, _ context: Context) {
        let console = context.console
        guard !console.json else {
            var members: [String: JSONValue] = ["status": store == nil ? "written" : "initialized"]
            if let store {
                members["store"] = .string(store.folder)
                members["node_id"] = .string(store.node.description)
                members["key_id"] = .string(store.key.description)
            }
            if let workflow {
                members["file"] = .string(workflow.file)
                members["workflow_ref"] = .string(workflow.pin.description)
            }
            return console.write(.object(members))
        }
        if let store {
            console.say("made the store \(store.folder)")
            console.say("key \(store.key); keep the output of `swarm key export` somewhere safe")
        }
        if let workflow {
            console.say("wrote \(workflow.file)")
            console.say("next: commit and push it to the default branch, then `swarm backend github setup`")
        } else {
            console.say("next: swarm run launch -- make test")
        }
    }

    private struct MadeStore {
        let folder: String
        let node: NodeID
        let key: KeyID
    }

    private func storeFolder() throws -> String {
        try global.store.map { try GivenPath.placeForFolder($0, "--store") } ?? Files.currentFolder() + "/.swarm"
    }

    private func makeStore() throws -> MadeStore {
        let folder = try storeFolder()
        let layout = StoreLayout(root: folder)
        let keys =
            if let importKey {
                try Keyring(recoveryText: try Passphrase.readText(importKey))
            } else {
                Keyring(current: RootSecret.fresh(from: Randomness.bytes(RootSecret.randomCount)))
            }
        let node = try Store.create(layout, keys: keys, passphrase: try chosenPassphrase())
        return MadeStore(folder: folder, node: node, key: keys.current.keyID)
    }

    private func chosenPassphrase() throws -> SecretText? {
        if let passphraseFile { return try notEmpty(Passphrase.read(passphraseFile)) }
        guard passphrase else { return nil }
        let first = try notEmpty(ask("New passphrase: "))
        let second = try ask("Once more: ")
        let same = first.withText { one in second.withText { $0 == one } }
        guard same else { throw UsageFailure(message: "the two passphrases differ") }
        return first
    }

    private func ask(_ question: String) throws -> SecretText {
        try Passphrase.prompt(question, otherwise: "give --passphrase-file FILE instead")
    }

    private func notEmpty(_ text: SecretText) throws -> SecretText {
        if text.isEmpty { throw UsageFailure(message: "the passphrase is empty") }
        return text
    }
}
