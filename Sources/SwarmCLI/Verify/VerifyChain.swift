internal import ArgumentParser
internal import Sigstore
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmVerify

struct VerifyChain: Verb {
    static let configuration = CommandConfiguration(
        commandName: "chain",
        abstract: "Check every document from the root to a node.",
        discussion: """
            Does every certificate name its parent's, do steps rise by one, do bundles, policies and attestations match, \
            is nothing missing? --content opens every byte of the node as well.

            Attestations are judged by the store's own key, or by the signer that the flags name. Without a store, from \
            the documents and a public key alone:

              swarm verify chain run:fix --documents DIR \\
                --key operator.pem --require-attestation

            DIR holds `nodes/` and `runs/` as a store does; of a run five files are needed: certificate, result, policy, \
            next_tokens and attestation.sigstore (.json). Leave the others at home, they are not sealed. The node is \
            then run:ID or a node id. `swarm key show --public` prints the key.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node; @ where it is left out.", valueName: "ref"))
    var node: String?

    @Flag(help: "Open every byte of the node too.")
    var content = false

    @Flag(help: "Refuse a run without an attestation.")
    var requireAttestation = false

    @Option(help: ArgumentHelp("Documents of a store that is elsewhere.", valueName: "dir"))
    var documents: String?

    @Option(help: ArgumentHelp("Commit that the signing workflow must have.", valueName: "sha"))
    var requiredCommit: String?

    @OptionGroup var signer: SignerOptions

    func validate() throws {
        guard documents != nil else { return }
        guard node != nil else { throw ValidationError("name the node, with --documents: run:ID or a node id") }
        if content { throw ValidationError("--content needs the store and its key; --documents has neither") }
        if requireAttestation, !signer.namesSigner {
            throw ValidationError("say whose attestation counts, with --key, --signer-workflow or --cert-identity")
        }
    }

    func perform(_ context: Context) throws -> Int32 {
        let commit = try requiredCommit.map { try CommitPin($0).hex }
        let named = try signer.accepted(commit: commit, present: Clock.nowSeconds(), context.console)
        if let documents, let node {
            let folder = try EvidenceFolder(at: Files.absolute(documents))
            let demand = AttestationDemand(accepted: named, isRequired: requireAttestation)
            return show(folder.chain(to: try folder.node(named: node)), demand, context)
        }
        let store = try context.store()
        let id = try store.resolve(node ?? "@")
        let accepted =
            signer.namesSigner
            ? named
            : try store.operators.map { key in
                AttestationDemand.Acceptance.key(try PublicKey(ed25519: key.raw), name: key.did)
            }
        let demand = AttestationDemand(accepted: accepted, isRequired: requireAttestation)
        let code = show(store.evidence.chain(to: id), demand, context)
        guard code == 0, content else { return code }
        do {
            try store.verifyContent(of: try store.node(id))
        } catch let failure as EngineFailure where failure.category == .restore {
            throw EngineFailure.importUntrusted(failure.message)
        }
        context.console.say("every byte of \(id.short) opens to its hash")
        return 0
    }

    private func show(_ chain: [ChainLink], _ demand: AttestationDemand, _ context: Context) -> Int32 {
        VerdictOutput(console: context.console).show(
            ChainVerifier.verify(chain, demand: demand),
            unverified: chain.filter(\.isUnverified).compactMap(\.id)
        )
    }
}
