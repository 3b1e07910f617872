import SwarmCapability
import SwarmContracts
import Testing

/// A store's root, a node under it and a token for that node.
struct Fixture {
    static let now: Int64 = 1_800_000_000

    let root: RootSecret
    let worker: RecipientKey
    let node = NodeID(documentHash: Digest256.sha256(of: Array("node".utf8)))

    init() throws {
        root = try #require(RootSecret(bytes: Array(0..<32)))
        worker = try #require(RecipientKey(seed: Array(32..<64)))
    }

    var trusted: Set<OperatorPublicKey> { [root.signingKey().publicKey] }

    var keys: NodeKeys { root.nodeKeys(operation: "launch", name: "r1", parent: nil, ratchetStep: 3) }

    func claims(
        _ kind: CapabilityKind = .state,
        audience: Audience? = nil,
        id: String = "token-1",
        stateID: String = "state-" + String(repeating: "ab", count: 16)
    ) -> CapabilityClaims {
        CapabilityClaims(
            kind: kind,
            issuer: root.signingKey().publicKey,
            audience: audience ?? .recipient(worker.publicKey.id),
            subject: node,
            id: id,
            issuedAt: Fixture.now,
            notBefore: Fixture.now,
            expiresAt: Fixture.now + 3600,
            stateID: stateID,
            ratchetStep: 3,
            runID: try? RunID("r1"),
            policyHash: Digest256.sha256(of: []),
            workflowRef: "owner/repo/.github/workflows/run.yml@" + String(repeating: "0", count: 40)
        )
    }

    func token(_ kind: CapabilityKind = .state) throws -> CapabilityToken {
        try CapabilityToken.mint(
            claims: claims(kind),
            keyMaterial: kind == .state ? .read(keys.read) : .net(keys.net),
            recipient: worker.publicKey,
            signer: root.signingKey()
        )
    }

    func verify(_ token: CapabilityToken, now: Int64 = Fixture.now) throws(CapabilityFailure) -> VerifiedCapability {
        try token.verify(
            trustedIssuers: trusted,
            audience: .recipient(worker.publicKey.id),
            expectedNode: node,
            expectedStep: 3,
            now: now
        )
    }

    /// A token over any members at all, signed as a real one is.
    func signed(_ members: [String: JSONValue], type: String = CapabilityToken.type) -> String {
        CompactJWS.sign(CanonicalJSON.encode(.object(members)), type: type, with: root.signingKey())
    }
}

func bytes(_ key: ReadKey) -> [UInt8] { key.withBytes { Array($0) } }
func bytes(_ key: NetKey) -> [UInt8] { key.withBytes { Array($0) } }
func bytes(_ secret: ContentSecret) -> [UInt8] { secret.withBytes { Array($0) } }
func bytes(_ root: RootSecret) -> [UInt8] { root.withBytes { Array($0) } }
func text(_ secret: SecretText) -> String { secret.withText { $0 } }
func text(_ token: CapabilityToken) -> String { token.withText { $0 } }

/// Every copy of the bytes with one bit of one byte turned, a different bit at each place.
func flips(_ bytes: [UInt8]) -> some Sequence<[UInt8]> {
    bytes.indices.lazy.map { position in
        var broken = bytes
        broken[position] ^= 1 << UInt8(position % 8)
        return broken
    }
}

/// The same numbers on every run, so that a failure can be seen again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
