extension Shape {
    /// Adds what in `value` is not of this shape.
    func collect(_ value: JSONValue, _ path: String, into violations: inout [SchemaViolation]) {
        switch (self, value) {
        case (.anything, _), (.boolean, .bool), (.nullable, .null): break
        case (.nullable(let shape), _):
            var inner: [SchemaViolation] = []
            shape.collect(value, path, into: &inner)
            violations += inner.map { $0.path == path ? SchemaViolation(path: path, expected: expected) : $0 }
        case (.object(let properties), .object(let members)):
            for property in properties {
                let path = JSONPath.member(property.name, of: path)
                if let member = members[property.name] {
                    property.shape.collect(member, path, into: &violations)
                } else if property.required {
                    violations.append(SchemaViolation(path: path, expected: property.shape.expected))
                }
            }
        case (.array(let shape), .array(let elements)):
            for (position, element) in elements.enumerated() {
                shape.collect(element, JSONPath.element(position, of: path), into: &violations)
            }
        case (.text(let form), .string(let text)) where form.accepts(text): break
        case (.constant(let constant), .string(let text)) where text.isExactly(constant): break
        case (.choice(let words), .string(let text)) where words.contains(where: { $0.isExactly(text) }): break
        case (.integer(let least), .integer(let integer)) where integer >= least: break
        default: violations.append(SchemaViolation(path: path, expected: expected))
        }
    }
}
