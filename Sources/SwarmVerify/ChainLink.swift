package import SwarmContracts

/// The bytes of one node and of all that speaks of it, as they lie in a store, a bundle or a download.
package struct ChainLink: Sendable {
    /// The sealed root: whole, or its digest where somebody else has hashed it.
    package enum SealedRoot: Sendable {
        case bytes([UInt8])
        case digest(Digest256)

        var digest: Digest256 {
            switch self {
            case .bytes(let bytes): Digest256.sha256(of: bytes)
            case .digest(let digest): digest
            }
        }
    }

    /// The node that was asked for, where that is known without its documents.
    package let id: NodeID?
    /// `node.json`; nil where it is not there.
    package let node: [UInt8]?
    /// `manifest.json`; nil where it is not there.
    package let descriptor: [UInt8]?
    /// `root.enc`; nil where it is not there.
    package let sealedRoot: SealedRoot?
    /// `certificate.json`; nil where it is not there, as it must be for `root`.
    package let certificate: [UInt8]?
    /// `result.json`; nil where it is not there.
    package let result: [UInt8]?
    /// `policy.json`; nil where it is not there.
    package let policy: [UInt8]?
    /// `next_tokens.json`; nil where it is not there.
    package let nextTokens: [UInt8]?
    /// `attestation.sigstore.json`; nil where it is not there.
    package let attestation: [UInt8]?
    /// Whether whoever took the node in left a mark that nobody vouched for it.
    package let isUnverified: Bool

    package init(
        id: NodeID? = nil,
        node: [UInt8]?,
        descriptor: [UInt8]?,
        sealedRoot: SealedRoot?,
        certificate: [UInt8]? = nil,
        result: [UInt8]? = nil,
        policy: [UInt8]? = nil,
        nextTokens: [UInt8]? = nil,
        attestation: [UInt8]? = nil,
        isUnverified: Bool = false
    ) {
        self.id = id
        self.node = node
        self.descriptor = descriptor
        self.sealedRoot = sealedRoot
        self.certificate = certificate
        self.result = result
        self.policy = policy
        self.nextTokens = nextTokens
        self.attestation = attestation
        self.isUnverified = isUnverified
    }
}

/// What could be read of a link.
struct ReadLink {
    let bytes: ChainLink
    let node: Reading<NodeDocument>
    let descriptor: Reading<BundleDescriptor>
    let certificate: Reading<Certificate>
    let result: Reading<ResultDocument>
    let nextTokens: Reading<NextTokens>

    init(_ link: ChainLink) {
        bytes = link
        node = Reading(link.node)
        descriptor = Reading(link.descriptor)
        certificate = Reading(link.certificate)
        result = Reading(link.result)
        nextTokens = Reading(link.nextTokens)
    }

    /// Over the bytes as they came.
    var bundleSHA256: Digest256 { Digest256.sha256(of: bytes.descriptor ?? []) }
    var certificateSHA256: Digest256? { bytes.certificate.map { Digest256.sha256(of: $0) } }
}

/// A document that was to be read.
enum Reading<Value: Document> {
    case missing
    case defective(DocumentFailure)
    /// Reads well, and yet the bytes are not the one canonical form of what they say.
    case notCanonical
    case read(Value)

    init(_ bytes: [UInt8]?) {
        guard let bytes else {
            self = .missing
            return
        }
        do throws(DocumentFailure) {
            let value = try Value(reading: bytes)
            // Over the whole of what was read: members that are not known here count too.
            let whole = try? JSONParser.parse(bytes)
            self = whole.map(CanonicalJSON.encode) == bytes ? .read(value) : .notCanonical
        } catch { self = .defective(error) }
    }

    var value: Value? {
        guard case .read(let value) = self else { return nil }
        return value
    }
}
