/// A Sigstore bundle as it was read: well formed, within the limits, and not yet believed in any part.
public struct Bundle: Sendable {
    /// The versions of the format that are read.
    public enum Version: Sendable {
        /// Version 0.1.
        case version01
        /// Version 0.2.
        case version02
        /// Version 0.3, under either media type.
        case version03
    }

    /// With what the bundle says it is signed.
    public enum Signer: Sendable {
        /// A leaf certificate in DER.
        case certificate([UInt8])
        /// A key that both sides know; the hint is for finding it and proves nothing.
        case publicKey(hint: String)
    }

    /// What is signed.
    public enum Content: Sendable {
        /// An artifact's bytes.
        case message(MessageSignature)
        /// A DSSE envelope.
        case envelope(Envelope)
    }

    /// The version of the format.
    public let version: Version
    /// With what the bundle says it is signed.
    public let signer: Signer
    /// What is signed.
    public let content: Content
    let logEntries: [LogEntry]
    /// RFC 3161 responses in DER or BER.
    let timestamps: [[UInt8]]

    /// The bundle's signature, over which timestamps are made.
    var signature: [UInt8] {
        switch content {
        case .message(let message): message.signature
        case .envelope(let envelope): envelope.signature
        }
    }
}

/// A signature over an artifact's bytes (`MessageSignature` in `sigstore_common.proto`).
public struct MessageSignature: Sendable {
    /// The digest that the bundle names for the artifact; nil where it names none.
    public let digest: (algorithm: HashAlgorithm, bytes: [UInt8])?
    /// The signature.
    public let signature: [UInt8]
}

/// One entry of a transparency log (`TransparencyLogEntry` in `sigstore_rekor.proto`).
struct LogEntry: Sendable {
    let index: UInt64
    let logID: [UInt8]
    let kind: String
    let version: String
    /// Seconds since the epoch; 0 where there is none. Nothing signs it but the promise.
    let integratedTime: UInt64
    /// The signed entry timestamp.
    let promise: [UInt8]?
    let proof: InclusionProof?
    /// The entry's canonical JSON, the leaf of the Merkle tree.
    let body: [UInt8]
}

/// The path from an entry to the signed root of its log (`InclusionProof` in `sigstore_rekor.proto`).
struct InclusionProof: Sendable {
    let index: UInt64
    let treeSize: UInt64
    let rootHash: [UInt8]
    let path: [[UInt8]]
    let checkpoint: String
}
