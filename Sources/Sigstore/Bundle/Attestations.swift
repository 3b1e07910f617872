/// Reads a file of attestations in any of the forms in which they are handed out.
public enum Attestations {
    private static let maximumCount = 1024

    /// The bundles of a text that is one bundle, one bundle to a line, or the GitHub API's answer
    /// (`{"attestations":[{"bundle":{...}}]}`, GitHub REST API "List attestations").
    ///
    /// Returns at least one and at most 1024 bundles in the order of the text, none of them verified. One that cannot
    /// be read makes the whole text unreadable. Throws `SIGSTORE_BUNDLE_MALFORMED` or `SIGSTORE_BUNDLE_UNSUPPORTED`.
    public static func bundles(in text: [UInt8]) throws(SigstoreError) -> [Bundle] {
        let limits = JSONValue.Limits(bytes: BundleLimits.bytes)
        let whole: JSONField
        do {
            whole = try JSONField(text: text, limits: limits, code: .bundleMalformed)
        } catch {
            return try lines(text, limits, otherwise: error)
        }
        guard let list = try whole.optional("attestations") else { return [try Bundle(whole)] }
        let elements = try list.elements(limit: maximumCount)
        guard !elements.isEmpty else { throw list.failure("no attestation") }
        return try elements.map { element throws(SigstoreError) in try Bundle(element.required("bundle")) }
    }

    private static func lines(
        _ text: [UInt8],
        _ limits: JSONValue.Limits,
        otherwise error: SigstoreError
    ) throws(SigstoreError) -> [Bundle] {
        guard text.count <= limits.bytes else { throw error }
        let lines = text.split { $0 == 0x0a || $0 == 0x0d }
            .filter { line in !line.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
        // A text of one line, or whose first line is no value of its own, is one broken value and reported as such.
        guard lines.count > 1, let first = lines.first,
            (try? JSONValue(Array(first), limits: limits)) != nil
        else { throw error }
        guard lines.count <= maximumCount else {
            throw SigstoreError(.bundleMalformed, "more than \(maximumCount) attestations")
        }
        return try lines.map { line throws(SigstoreError) in try Bundle(json: Array(line)) }
    }
}
