package import SwarmContracts

/// What steps say that they cost, in dollars: `cost_usd` of what they write to SWARM_METRICS.
package enum RunCost {
    /// The cost in what a step reported; nil where it names none that is a finite number of 0 or more.
    package static func of(_ metrics: JSONValue?) -> Double? { dollars(metrics?["cost_usd"]) }

    /// The sum; nil where neither is known.
    static func sum(_ one: Double?, _ other: Double?) -> Double? {
        guard let one, let other else { return one ?? other }
        return one + other
    }

    /// The cost as a document has it, a whole number without a fraction; null where it is not known.
    package static func value(_ cost: Double?) -> JSONValue {
        guard let cost, cost.isFinite else { return .null }
        let whole = Int64(exactly: cost).flatMap { abs($0) <= JSONValue.largestInteger ? $0 : nil }
        return whole.map(JSONValue.integer) ?? .number(cost)
    }

    static func dollars(_ value: JSONValue?) -> Double? {
        switch value {
        case .integer(let value) where value >= 0: Double(value)
        case .number(let value) where value >= 0 && value.isFinite: value
        default: nil
        }
    }
}
