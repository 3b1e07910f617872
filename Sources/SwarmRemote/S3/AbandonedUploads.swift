internal import SwarmContracts
internal import SwarmHTTP

/// Uploads in parts that nobody goes on with: their parts are kept, and paid for, until somebody drops them.
struct AbandonedUploads {
    let client: S3Client
    /// One that was begun later may still be going on.
    let begunBefore: SignatureTime

    /// Drops those of this remote, a thousand at a time: each push takes the next. Where the key may
    /// not do this, or the service cannot, they stay.
    func drop() throws {
        let answer = try client.send("GET", nil, query: [("uploads", ""), ("prefix", client.key(""))])
        guard answer.status == 200, let root = XMLElement(answer.body) else { return }
        for upload in root.all("Upload") {
            guard let key = upload["Key"], let id = upload["UploadId"], let begun = upload["Initiated"], isOurs(key),
                isEarly(begun)
            else { continue }
            _ = try client.send("DELETE", key, query: [("uploadId", id)])
        }
    }

    /// The bucket may hold more than this remote.
    private func isOurs(_ key: String) -> Bool {
        RemoteShelf.allCases.contains { key.hasPrefix(client.key($0.rawValue + "/")) }
    }

    /// `begun` is a moment as `2026-01-31T12:34:56.789Z`; one of another form is never early.
    private func isEarly(_ begun: String) -> Bool {
        let plain = begun.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":") }.prefix(15)
        let isMoment = plain.enumerated().allSatisfy { place, byte in
            place == 8 ? byte == UInt8(ascii: "T") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return plain.count == 15 && isMoment && plain.lexicographicallyPrecedes(begunBefore.text.utf8)
    }
}
