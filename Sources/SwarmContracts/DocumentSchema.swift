/// What in a document is not as its schema has it.
package struct SchemaViolation: Equatable, Sendable {
    /// The JSON path: `$.network.token.ratchet_step`.
    package let path: String
    /// The words after "expected".
    package let expected: String
    /// Whether it is a `critical_` member, which nobody here understands.
    package let critical: Bool

    init(path: String, expected: String, critical: Bool = false) {
        (self.path, self.expected, self.critical) = (path, expected, critical)
    }
}

/// The lenient schema of a document: any `sha256:` value and any id is taken, so that documents of other writers and
/// readable fixtures pass. What is compared and believed goes through the strict readers.
package struct DocumentSchema: Sendable {
    /// What `--schema` calls it, and the file in `schemas/`.
    package let name: String
    let title: String
    let shape: Shape
    let rules: [Rule]

    /// Members that must be there, and not null, where another has one value.
    struct Rule: Sendable {
        let member: String
        let value: String
        let demanded: [String]
    }

    init(_ name: String, _ title: String, _ properties: [Shape.Property], rules: [Rule] = []) {
        self.name = name
        self.title = title
        shape = .object(properties)
        self.rules = rules
    }

    /// The schema of a name; nil for a name that is none.
    package static func named(_ name: String) -> DocumentSchema? { all.first { $0.name == name } }

    /// All that is wrong with a value, `critical_` members first; empty where it is accepted.
    package func validate(_ value: JSONValue) -> [SchemaViolation] {
        var violations = JSONPath.criticalMembers(in: value).map {
            SchemaViolation(path: $0, expected: "no critical_ member that is not known here", critical: true)
        }
        shape.collect(value, JSONPath.root, into: &violations)
        for rule in rules where value[rule.member] == .string(rule.value) {
            for name in rule.demanded where (value[name] ?? .null) == .null {
                let path = JSONPath.member(name, of: JSONPath.root)
                guard !violations.contains(where: { $0.path == path }) else { continue }
                violations.append(
                    SchemaViolation(path: path, expected: "a value, since \(rule.member) is \"\(rule.value)\"")
                )
            }
        }
        return violations
    }

    /// Throws what is first wrong with the bytes.
    package func check(_ bytes: [UInt8]) throws(DocumentFailure) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes)
        } catch {
            throw DocumentFailure.syntax(document: name, reason: error.reason, offset: error.offset)
        }
        guard let first = validate(value).first else { return }
        throw first.critical
            ? .critical(document: name, path: first.path)
            : .invalid(document: name, path: first.path, expected: first.expected)
    }

    /// The same as JSON Schema (2020-12).
    package var jsonSchema: JSONValue {
        guard case .object(var members) = shape.jsonSchema else { return shape.jsonSchema }
        members["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        members["$id"] = .string("urn:swarm:schema:\(name)")
        members["$defs"] = ["open": Shape.openDefinition]
        members["title"] = .string(title)
        if !rules.isEmpty { members["allOf"] = .array(rules.map(\.jsonSchema)) }
        return .object(members)
    }
}

extension DocumentSchema.Rule {
    var jsonSchema: JSONValue {
        let demands = demanded.map { ($0, JSONValue.object(["not": ["type": "null"]])) }
        return [
            "if": [
                "properties": .object([member: ["const": .string(value)]]), "required": .texts([member]),
            ],
            "then": [
                "required": .texts(demanded),
                "properties": .object(Dictionary(demands, uniquingKeysWith: { first, _ in first })),
            ],
        ]
    }
}
