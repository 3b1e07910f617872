import SwarmContracts

/// Edits of a JSON value, for tests that break one place at a time.
enum JSONEdit {
    enum Step: Sendable {
        case name(String)
        case position(Int)
    }

    /// The path of every value, the whole first, in a fixed order.
    static func paths(of value: JSONValue) -> [[Step]] {
        switch value {
        case .array(let elements):
            [[]]
                + elements.enumerated().flatMap { element in
                    paths(of: element.element).map { [.position(element.offset)] + $0 }
                }
        case .object(let members):
            [[]]
                + members.sorted { $0.key < $1.key }.flatMap { member in
                    paths(of: member.value).map { [.name(member.key)] + $0 }
                }
        default: [[]]
        }
    }

    static func text(of path: [Step]) -> String {
        path.reduce("$") { text, step in
            switch step {
            case .name(let name): "\(text).\(name)"
            case .position(let position): "\(text)[\(position)]"
            }
        }
    }

    static func replacing(_ path: [Step], in value: JSONValue, by new: JSONValue) -> JSONValue {
        edit(path[...], value) { _ in new }
    }

    static func adding(_ name: String, at path: [Step], in value: JSONValue) -> JSONValue {
        edit(path[...], value) { value in
            guard case .object(var members) = value else { return value }
            members[name] = "added"
            return .object(members)
        }
    }

    static func isObject(_ path: [Step], in value: JSONValue) -> Bool {
        var found = false
        _ = edit(path[...], value) { value in
            if case .object = value { found = true }
            return value
        }
        return found
    }

    private static func edit(
        _ path: ArraySlice<Step>,
        _ value: JSONValue,
        _ change: (JSONValue) -> JSONValue
    ) -> JSONValue {
        switch (path.first, value) {
        case (nil, _): return change(value)
        case (.name(let name), .object(var members)):
            members[name] = members[name].map { edit(path.dropFirst(), $0, change) }
            return .object(members)
        case (.position(let position), .array(var elements)):
            elements[position] = edit(path.dropFirst(), elements[position], change)
            return .array(elements)
        default: return value
        }
    }
}
