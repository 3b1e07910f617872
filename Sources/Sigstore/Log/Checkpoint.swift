/// A log's signed tree head: a signed note (C2SP signed-note) whose text is a checkpoint (C2SP tlog-checkpoint).
struct Checkpoint: Sendable {
    /// One line of signature.
    struct Signature: Sendable {
        let name: String
        /// The first four bytes of the key's identifier.
        let hint: [UInt8]
        let signature: [UInt8]
    }

    /// Names the log; Rekor v1 appends the tree's identifier.
    let origin: String
    let treeSize: UInt64
    let rootHash: [UInt8]
    /// The text that is signed, with its last line feed.
    let text: [UInt8]
    let signatures: [Signature]

    private static let maximumSignatures = 100

    /// Reads a note; nil where it breaks the format.
    init?(_ note: String) {
        let bytes = Array(note.utf8)
        // The signatures follow the last empty line: a text may itself hold one.
        guard bytes.last == 0x0a, !bytes.contains(0x0d),
            let split = bytes.indices.dropLast().last(where: { bytes[$0] == 0x0a && bytes[$0 + 1] == 0x0a })
        else { return nil }
        let text = Array(bytes[...split])
        let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard lines.count >= 4, !lines[0].isEmpty, let size = Self.decimal(lines[1]),
            let root = TextEncoding.base64Decode(lines[2].utf8), root.count == 32
        else { return nil }
        let signatureLines = bytes[(split + 2)...].split(separator: 0x0a)
        guard !signatureLines.isEmpty, signatureLines.count <= Self.maximumSignatures else { return nil }
        var signatures: [Signature] = []
        for line in signatureLines {
            guard let signature = Signature(line) else { return nil }
            signatures.append(signature)
        }
        self.origin = lines[0]
        self.treeSize = size
        self.rootHash = root
        self.text = text
        self.signatures = signatures
    }

    private static func decimal(_ text: String) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text == "0" || text.utf8.first != 0x30
        else { return nil }
        return UInt64(text)
    }

    /// The name under which the log signs: the origin without Rekor's tree identifier.
    var signerName: String {
        let parts = origin.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "-" else { return origin }
        return String(parts[0])
    }

    /// True when the log signed this checkpoint. Lines of other names and keys are those of witnesses or of keys that
    /// are not known, and are passed over; every line that claims to be of this key must verify.
    func isSigned(by log: TrustedRoot.Log) -> Bool {
        let name = signerName
        let own = signatures.filter { sameBytes($0.name, name) && $0.hint == log.checkpointHint }
        return !own.isEmpty && own.allSatisfy { log.key.verifies($0.signature, over: text, hash: log.hash) }
    }
}

extension Checkpoint.Signature {
    /// Reads `EM-DASH SP name SP base64(hint || signature)`.
    init?(_ line: ArraySlice<UInt8>) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("\u{2014}".utf8), !parts[1].isEmpty,
            let name = String(validating: parts[1], as: UTF8.self),
            let bytes = TextEncoding.base64Decode(parts[2]), bytes.count > 4
        else { return nil }
        self.name = name
        self.hint = Array(bytes.prefix(4))
        self.signature = Array(bytes.dropFirst(4))
    }
}
