/// The id of a state database's content: `state-` and the first 32 hex digits of its keyed commitment.
package struct StateID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Takes `state-` and 32 lower-case hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 38, text.hasPrefix("state-"), Hex.decode(text.dropFirst(6)) != nil else { return nil }
        description = text
    }

    /// The id that a commitment makes.
    package init(commitment: Digest256) { description = "state-" + commitment.hex.prefix(32) }
}

extension RunID {
    /// What stands in the place of a run id in the descriptor of `root`, which no run made.
    package static let root = RunID(known: "init")

    /// The run id of a fork: `fork.<label>`.
    package static func fork(_ label: Label) -> RunID { RunID(known: "fork.\(label)") }

    /// The run id of an import: `import.` and the first 16 hex digits of a store-keyed hash of what is imported.
    package static func importing(_ hash: Digest256) -> RunID { RunID(known: "import." + hash.hex.prefix(16)) }

    /// Whether the id is one of those that swarm gives itself and refuses to a person.
    package var isReserved: Bool { description.hasPrefix("import.") || description.hasPrefix("fork.") }
}
