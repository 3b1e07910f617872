package import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

extension Store {
    /// Mints a sealed state_cap for a node. `recipient` nil is the operator. Throws exit 2 for a recipient that cannot be
    /// used.
    package func grant(
        _ id: NodeID,
        to recipient: RecipientPublicKey?,
        lifetimeSeconds: Int64
    ) throws -> CapabilityToken {
        let opened = try node(id)
        let secret = try secret(opened.descriptor.identity.keyID)
        let now = Clock.nowSeconds()
        let own = secret.recipientKey().publicKey
        let policyHash =
            opened.operation == .initial
            ? nil : Digest256.sha256(of: try NodeReading.bytes(layout.run(opened.runID).policy))
        let workflow =
            opened.operation == .initial
            ? nil
            : try Certificate(reading: try NodeReading.bytes(layout.run(opened.runID).certificate)).runtime.workflowRef
        let claims = CapabilityClaims(
            kind: .state,
            issuer: secret.signingKey().publicKey,
            audience: recipient.map { .recipient($0.id) } ?? .operator,
            subject: id,
            id: Hex.encode(Randomness.bytes(16)),
            issuedAt: now,
            notBefore: now - 60,
            expiresAt: now + lifetimeSeconds,
            stateID: opened.descriptor.stateID.description,
            ratchetStep: opened.step,
            runID: opened.runID,
            policyHash: policyHash,
            workflowRef: workflow
        )
        return try CapabilityToken.mint(
            claims: claims,
            keyMaterial: .read(opened.readKey),
            recipient: recipient ?? own,
            signer: secret.signingKey()
        )
    }

    /// Makes a branch from a state_cap of this store, or refuses it with the reason (exit 6). The token is consumed: only
    /// the same branch may go on with it after a crash.
    package func fork(token: CapabilityToken, label: Label, now: Int64) throws -> ForkReport {
        let secrets = keyring.all
        let verified = try token.verify(
            trustedIssuers: Set(secrets.map { $0.signingKey().publicKey }),
            audience: .operator,
            expectedNode: nil,
            expectedStep: nil,
            now: now
        )
        guard try index.node(verified.claims.subject) != nil else {
            throw EngineFailure.tokenUnknownNode(verified.claims.subject.description)
        }
        let opened = try node(verified.claims.subject)
        guard verified.claims.ratchetStep == opened.step,
            verified.claims.stateID == opened.descriptor.stateID.description
        else {
            throw CapabilityFailure.wrongStep(.state, verified.claims.ratchetStep)
        }
        let secret = try secret(opened.descriptor.identity.keyID)
        _ = try verified.open(with: secret.recipientKey())
        // A typo must not use the token up. A token that was used goes on with its own branch, or is refused as replayed.
        if Files.kind("\(layout.tokens)/\(verified.claims.id)") == nil { try requireFree(label) }
        try consume(verified.claims.id, by: RunID.fork(label))
        return try fork(opened.id, label: label)
    }

    /// Records that a token was used, in a file that is created exclusively and synced. Throws exit 6 where another run
    /// used it before.
    func consume(_ id: String, by run: RunID) throws {
        try Files.makeFolder(layout.tokens, mode: 0o700)
        let path = "\(layout.tokens)/\(id)"
        if try !Store.claim(path, run) {
            let owner = String(decoding: try NodeReading.bytes(path, limit: 1024), as: UTF8.self)
            guard owner == run.description else { throw CapabilityFailure.replayed(.state, owner) }
        }
    }

    /// Writes the file where none stands; false where one does.
    private static func claim(_ path: String, _ run: RunID) throws(SystemError) -> Bool {
        do {
            try Files.write(Array(run.description.utf8), to: path, mode: 0o600, exclusive: true)
            return true
        } catch {
            if error.number == EEXIST { return false }
            throw error
        }
    }
}
