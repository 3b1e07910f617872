/// JSON for people to read: members in the canonical order, two spaces a level, a line for each. It is never hashed.
package enum PrettyJSON {
    /// The text, which ends with a line feed.
    package static func text(_ value: JSONValue) -> String { render(value, "") + "\n" }

    private static func render(_ value: JSONValue, _ indent: String) -> String {
        let deeper = indent + "  "
        switch value {
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { deeper + render($0, deeper) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members) where !members.isEmpty:
            let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
            let lines = sorted.map { deeper + compact(.string($0.key)) + ": " + render($0.value, deeper) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        default: return compact(value)
        }
    }

    private static func compact(_ value: JSONValue) -> String {
        String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
    }
}
