extension Shape {
    /// What a member that no property names may be: anything, as long as nothing in it is `critical_`.
    private static let open: JSONValue = ["$ref": "#/$defs/open"]

    /// The definition to which unknown members refer.
    static let openDefinition: JSONValue = [
        "patternProperties": ["^critical_": false], "additionalProperties": open, "items": open,
    ]

    /// This shape in the words of JSON Schema 2020-12.
    var jsonSchema: JSONValue {
        switch self {
        case .object(let properties):
            let names = properties.map { ($0.name, $0.shape.jsonSchema) }
            return [
                "type": "object",
                "required": .texts(properties.filter(\.required).map(\.name)),
                "properties": .object(Dictionary(names, uniquingKeysWith: { first, _ in first })),
                "patternProperties": ["^critical_": false],
                "additionalProperties": Shape.open,
            ]
        case .array(let shape): return ["type": "array", "items": shape.jsonSchema]
        case .text(let form):
            guard let pattern = form.pattern else { return ["type": "string", "minLength": 1] }
            return ["type": "string", "pattern": .string(pattern)]
        case .constant(let text): return ["const": .string(text)]
        case .choice(let words): return ["enum": .texts(words)]
        case .integer(let least):
            return ["type": "integer", "minimum": .integer(least), "maximum": .integer(JSONValue.largestInteger)]
        case .boolean: return ["type": "boolean"]
        case .nullable(let shape): return ["anyOf": [shape.jsonSchema, ["type": "null"]]]
        case .anything: return Shape.open
        }
    }
}
