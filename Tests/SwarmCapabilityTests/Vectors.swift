import SwarmCapability
import SwarmContracts

/// What `vectors/keys.json` holds, made by our own code. docs/keys.md says how it is laid out.
struct Vectors {
    let root: RootSecret
    let parent: NodeID
    private let run: RunID
    private let label: Label
    let tokenKey: [UInt8] = Array(200..<232)

    init?() {
        guard let root = RootSecret(bytes: Array(0..<32)), let parent = NodeID("node-000102030405060708090a0b0c0d0e0f"),
            let run = try? RunID("r1"), let label = try? Label("try-b")
        else { return nil }
        (self.root, self.parent, self.run, self.label) = (root, parent, run, label)
    }

    /// Everything that is the same at each making; the sealed tokens, which are not, are beside it in the file.
    var deterministic: [String: JSONValue] {
        [
            "schema_version": "swarm-key-vectors-v1",
            "root_secret": hex(bytes(root)),
            "key_id": .string(root.keyID.description),
            "recovery_string": .string(text(root.recoveryString())),
            "refused_recovery_strings": refusedRecoveryStrings,
            "content_secret": hex(bytes(root.contentSecret())),
            "gear_table": .array(
                root.contentSecret().gearTable().map { word in
                    hex(withUnsafeBytes(of: word.bigEndian) { Array($0) })
                }
            ),
            "chunks": .array([chunk(.raw, Array("a chunk".utf8)), chunk(.zstd, Array(0..<64)), chunk(.raw, [])]),
            "nodes": .array([
                node(.initial, .runID(.root), nil, 0), node(.launch, .runID(run), parent, 7),
                node(.fork, .label(label), parent, 7),
            ]),
            "local_keys": .array(LocalPurpose.allCases.map(local)),
            "signing_key": signing,
            "recipients": .array(KEM.allCases.map(recipient)),
            "signed_claims": signedClaims,
            "key_files": keyFiles,
        ]
    }

    private func hex(_ bytes: [UInt8]) -> JSONValue { .string(Hex.encode(bytes)) }

    private var refusedRecoveryStrings: JSONValue {
        let plain = text(root.recoveryString()).filter { $0 != "-" }
        return [
            ["text": .string("swarn1" + plain.dropFirst(6)), "defect": "prefix"],
            ["text": .string(plain.prefix(20) + plain.dropFirst(20).uppercased()), "defect": "mixed_case"],
            ["text": .string(plain.prefix(9) + "b" + plain.dropFirst(10)), "defect": "foreign_character"],
            ["text": .string(String(plain.dropLast())), "defect": "length"],
            ["text": .string(plain.dropLast() + (plain.hasSuffix("q") ? "p" : "q")), "defect": "checksum"],
        ]
    }

    private func chunk(_ codec: ChunkCodec, _ payload: [UInt8]) -> JSONValue {
        let secret = root.contentSecret()
        let h = payload.withUnsafeBytes { ContentSecret.frameHash(codec, $0) }
        let key = secret.key(of: h)
        return [
            "codec": .integer(Int64(codec.rawValue)), "payload": hex(payload), "h": hex(h.bytes),
            "name": hex(secret.name(of: h).bytes), "key": hex(key.withBytes { Array($0) }),
            "sealed": hex(payload.withUnsafeBytes { ChunkSeal.seal(codec, $0, key) }.withUnsafeBytes { Array($0) }),
        ]
    }

    private func node(_ operation: Operation, _ step: StepName, _ parent: NodeID?, _ depth: Int) -> JSONValue {
        let name =
            switch step {
            case .runID(let id): id.description
            case .label(let label): label.description
            }
        let keys = root.nodeKeys(operation: operation.rawValue, name: name, parent: parent, ratchetStep: depth)
        let associated = StepIdentity(
            keyID: root.keyID.description,
            parentNodeID: parent,
            operation: operation,
            name: step,
            ratchetStep: depth
        ).associatedData
        let (plaintext, t) = (Array("plaintext of \(name)".utf8), Digest256.sha256(of: Array("facts".utf8)))
        return [
            "operation": .string(operation.rawValue), "name": .string(name),
            "parent_node_id": JSONValue(parent?.description),
            "ratchet_step": .integer(Int64(depth)), "read": hex(bytes(keys.read)), "write": hex(bytes(keys.write)),
            "net": hex(bytes(keys.net)), "associated": hex(associated), "plaintext": hex(plaintext),
            "sealed_root": hex(keys.read.sealRoot(plaintext, associated: associated)),
            "sealed_times": hex(keys.read.sealTimes(plaintext, associated: associated)),
            "sealed_ticket": hex(keys.net.sealTicket(plaintext, associated: associated)), "t": hex(t.bytes),
            "workspace_commitment": .string(keys.read.commitment(.workspace, t).description),
            "state_commitment": .string(keys.read.commitment(.state, t).description),
            "request_salt": hex(keys.read.requestSalt()),
        ]
    }

    private func local(_ purpose: LocalPurpose) -> JSONValue {
        let key = root.localKey(purpose)
        let (fields, nonce, t) = (
            [Array("NAME".utf8), Array("value".utf8)], Array(1..<13) as [UInt8], Digest256.sha256(of: [])
        )
        return [
            "purpose": .string(purpose.rawValue), "fields": .array(fields.map(hex)),
            "digest": hex(key.digest(fields).bytes),
            "t": hex(t.bytes), "import_name": .string(key.importName(t: t)), "nonce": hex(nonce),
            "plaintext": hex([1, 2, 3]),
            "associated": hex([4, 5]), "sealed": hex(key.seal([1, 2, 3], nonce: nonce, associated: [4, 5])),
        ]
    }

    private var signing: JSONValue {
        let key = root.signingKey()
        let message = Array("message".utf8)
        return [
            "did": .string(key.publicKey.did), "public_key": hex(key.publicKey.raw),
            "spki_pem": .string(key.publicKey.spkiPEM), "message": hex(message), "signature": hex(key.sign(message)),
        ]
    }

    private func recipient(_ kem: KEM) -> JSONValue {
        let key = root.recipientKey(kem)
        return [
            "kem": .string(kem.rawValue), "kem_id": .integer(Int64(kem.identifier)), "secret": .string(text(key.text)),
            "id": .string(key.publicKey.id), "public": .string(key.publicKey.text),
        ]
    }

    func claims(_ kem: KEM) -> CapabilityClaims {
        CapabilityClaims(
            kind: .state,
            issuer: root.signingKey().publicKey,
            audience: .recipient(root.recipientKey(kem).publicKey.id),
            subject: parent,
            id: "vector-\(kem.rawValue)",
            issuedAt: 1_800_000_000,
            notBefore: 1_800_000_000,
            expiresAt: 1_800_003_600,
            stateID: "state-000102030405060708090a0b0c0d0e0f",
            ratchetStep: 7,
            runID: try? RunID("r1"),
            policyHash: Digest256.sha256(of: []),
            workflowRef: nil
        )
    }

    private var signedClaims: JSONValue {
        var members = claims(.xWing).members
        let binding = Digest256.sha256(of: CanonicalJSON.encode(.object(members)))
        members["sealed"] = "AAAA"
        let payload = CanonicalJSON.encode(.object(members))
        return [
            "payload": .string(String(decoding: payload, as: UTF8.self)), "info": hex(binding.bytes),
            "jws": .string(CompactJWS.sign(payload, type: CapabilityToken.type, with: root.signingKey())),
        ]
    }

    private var keyFiles: JSONValue {
        var ring = Keyring(current: root)
        if let second = RootSecret(bytes: Array(32..<64)) { ring.rotate(to: second) }
        let random: [UInt8] = Array(100..<128)
        let wrapped = (try? ring.encode(passphrase: SecretText("correct horse"), random: random)) ?? []
        return [
            "plain": .string(String(decoding: ring.encode(), as: UTF8.self)),
            "wrapped": .string(String(decoding: wrapped, as: UTF8.self)), "passphrase": "correct horse",
            "random": hex(random),
        ]
    }
}

extension Vectors {
    /// Tokens that open, one for each KEM, with what they open to.
    func sealedTokens() throws -> JSONValue {
        var tokens: [JSONValue] = []
        for kem in KEM.allCases {
            guard let key = ReadKey(bytes: tokenKey) else { continue }
            let token = try CapabilityToken.mint(
                claims: claims(kem),
                keyMaterial: .read(key),
                recipient: root.recipientKey(kem).publicKey,
                signer: root.signingKey()
            )
            tokens.append(["kem": .string(kem.rawValue), "jws": .string(text(token)), "opens_to": hex(tokenKey)])
        }
        return .array(tokens)
    }

    /// Tokens that must be refused, each with the code: every one is a sound token but for one thing.
    func refusedTokens() throws -> JSONValue {
        let (key, now) = (root.signingKey(), claims(.xWing).issuedAt)
        guard let stranger = RootSecret(bytes: Array(32..<64))?.signingKey() else { return [] }
        func jws(_ change: [String: JSONValue], signer: OperatorSigningKey? = nil, type: String? = nil) -> JSONValue {
            let members = claims(.xWing).members.merging(["sealed": "AAAA"]) { $1 }.merging(change) { $1 }
            let payload = CanonicalJSON.encode(.object(members))
            return .string(CompactJWS.sign(payload, type: type ?? CapabilityToken.type, with: signer ?? key))
        }
        func refused(_ name: String, _ jws: JSONValue, _ code: String, now: Int64 = now) -> JSONValue {
            ["name": .string(name), "jws": jws, "now": .integer(now), "code": .string("STATE_CAP_" + code)]
        }
        let node = "node-ffffffffffffffffffffffffffffffff"
        return [
            refused("signed by another key", jws([:], signer: stranger), "FORGED"),
            refused("issued by another", jws(["iss": .string(stranger.publicKey.did)], signer: stranger), "FORGED"),
            refused("another type", jws([:], type: "JWT"), "MALFORMED"),
            refused("a critical claim", jws(["critical_more": true]), "MALFORMED"),
            refused("a step below zero", jws(["ratchet_step": -1]), "MALFORMED"),
            refused("for the operator", jws(["aud": "operator"]), "WRONG_AUDIENCE"),
            refused("another node", jws(["sub": .string(node)]), "WRONG_NODE"),
            refused("another step", jws(["ratchet_step": 8]), "WRONG_STEP"),
            refused("too early", jws([:]), "NOT_YET_VALID", now: now - 1),
            refused("too late", jws([:]), "EXPIRED", now: now + 3600),
        ]
    }
}
