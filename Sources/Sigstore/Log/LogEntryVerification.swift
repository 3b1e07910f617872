extension LogEntry {
    /// The time at which the log promised to include the entry, where its signed entry timestamp (SET) verifies and the
    /// log's key was valid then; nil otherwise. The integrated time alone is unsigned and never counts.
    func promisedTime(_ root: TrustedRoot) -> Instant? {
        guard let promise, integratedTime > 0 else { return nil }
        let instant = Instant(seconds: Int64(integratedTime))
        let message = promisedMessage
        let isPromised = root.transparencyLogs.contains { log in
            log.id == logID && log.validity.contains(instant)
                && log.key.verifies(promise, over: message, hash: log.hash)
        }
        return isPromised ? instant : nil
    }

    /// What the SET signs: canonical JSON (RFC 8785) of body, time, log and index (Rekor's `LogEntryAnon`).
    var promisedMessage: [UInt8] {
        Array(
            ("{\"body\":\"\(TextEncoding.base64Encode(body))\",\"integratedTime\":\(integratedTime),"
                + "\"logID\":\"\(TextEncoding.hexEncode(logID))\",\"logIndex\":\(index)}").utf8
        )
    }

    /// Verifies that a trusted log holds this entry: its inclusion proof leads to the root of a checkpoint that the log
    /// signed, and the SET verifies where there is one. Returns what was established.
    ///
    /// - Parameter times: all verified times of the bundle. The log's key must have been valid when the entry was made:
    ///   at the promised time, and for an entry without a promise at each of these.
    func verifyInclusion(_ root: TrustedRoot, times: [VerifiedTime]) throws(SigstoreError) -> String {
        let logs = root.transparencyLogs.filter { $0.id == logID }
        let name = TextEncoding.hexEncode(logID.prefix(4))
        guard !logs.isEmpty else { throw SigstoreError(.logEntryInvalid, "log \(name) is not trusted") }
        guard let proof else { throw SigstoreError(.logEntryInvalid, "the entry has no inclusion proof") }
        let promised = promisedTime(root)
        if promise != nil, promised == nil {
            throw SigstoreError(.logEntryInvalid, "the signed entry timestamp does not verify")
        }
        let leaf = MerkleTree.leafHash(body)
        guard
            MerkleTree.root(leafHash: leaf, index: proof.index, size: proof.treeSize, path: proof.path)
                == proof.rootHash
        else { throw SigstoreError(.logEntryInvalid, "the inclusion proof does not lead to its root hash") }
        guard let checkpoint = Checkpoint(proof.checkpoint) else {
            throw SigstoreError(.logEntryInvalid, "the checkpoint is malformed")
        }
        guard checkpoint.treeSize == proof.treeSize, checkpoint.rootHash == proof.rootHash else {
            throw SigstoreError(.logEntryInvalid, "the checkpoint is of another tree than the inclusion proof")
        }
        let instants = promised.map { [$0] } ?? times.map(\.instant)
        let valid = logs.filter { log in instants.allSatisfy(log.validity.contains) }
        guard !valid.isEmpty else {
            throw SigstoreError(.logEntryInvalid, "log \(name) was not valid at \(instants.map(\.description))")
        }
        guard valid.contains(where: checkpoint.isSigned) else {
            throw SigstoreError(.logEntryInvalid, "the checkpoint is not signed by log \(name)")
        }
        return "log \(name): entry \(proof.index) of \(proof.treeSize), checkpoint of \(checkpoint.origin)"
    }

    /// Verifies that the entry speaks of this bundle: the same digest, signature, and certificate or key. Returns what
    /// was compared.
    func verifyBinding(
        _ bundle: Bundle,
        artifact: Artifact,
        verifier: LogEntryBody.Verifier
    ) throws(SigstoreError) -> String {
        let body = try LogEntryBody(self)
        guard body.signature == bundle.signature else {
            throw SigstoreError(.logEntryMismatch, "the entry holds another signature than the bundle")
        }
        guard body.verifier == verifier else {
            throw SigstoreError(.logEntryMismatch, "the entry holds another certificate or key than the bundle")
        }
        switch (body.subject, bundle.content) {
        case (.message(let hash, let logged), .message):
            guard let digest = artifact.digest(hash) else {
                throw SigstoreError(.logEntryMismatch, "the artifact's \(hash) is needed and not known")
            }
            guard digest == logged else {
                throw SigstoreError(.logEntryMismatch, "the entry holds another digest than the artifact's")
            }
        case (.message(let hash, let logged), .envelope(let envelope)):
            guard hash.digest(of: envelope.preAuthenticationEncoding) == logged else {
                throw SigstoreError(.logEntryMismatch, "the entry holds another digest than the envelope's")
            }
        case (.payload(let hash, let logged), .envelope(let envelope)):
            guard hash.digest(of: envelope.payload) == logged, body.payload.map({ $0 == envelope.payload }) ?? true,
                body.payloadType.map({ sameBytes($0, envelope.payloadType) }) ?? true
            else { throw SigstoreError(.logEntryMismatch, "the entry holds another payload than the envelope") }
        case (.payload, .message):
            throw SigstoreError(.logEntryMismatch, "the entry is of an envelope and the bundle of a message")
        }
        return "\(kind) \(version): digest, signature and signer"
    }
}
