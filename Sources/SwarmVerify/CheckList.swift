internal import SwarmContracts

/// The answer to one check.
enum Judgement {
    case holds(String)
    case fails(String)
    case notApplicable(String)
}

/// A member of a document beside what it must be.
struct Comparison {
    let field: String
    let found: String
    let expected: String

    init(_ field: String, _ found: (some CustomStringConvertible)?, _ expected: (some CustomStringConvertible)?) {
        self.field = field
        self.found = found?.description ?? "null"
        self.expected = expected?.description ?? "null"
    }
}

/// Checks as they are made, in order.
struct CheckList {
    private(set) var checks: [Check] = []
    /// What the next checks are about.
    var subject: String?

    mutating func judge(_ name: String, _ code: String, _ judgement: Judgement) {
        let (status, detail): (Check.Status, String) =
            switch judgement {
            case .holds(let detail): (.passed, detail)
            case .fails(let detail): (.failed, detail)
            case .notApplicable(let detail): (.notApplicable, detail)
            }
        checks.append(
            Check(
                number: checks.count + 1,
                subject: subject,
                name: name,
                status: status,
                detail: detail,
                code: status == .failed ? code : nil
            )
        )
    }

    /// Holds where every member is what it must be; the first that is not makes the detail.
    mutating func compare(_ name: String, _ code: String, _ comparisons: [Comparison]) {
        for comparison in comparisons where !comparison.found.isExactly(comparison.expected) {
            let (found, expected) = (Shown.text(comparison.found), Shown.text(comparison.expected))
            judge(name, code, .fails("\(comparison.field) is \(found), expected \(expected)"))
            return
        }
        let fields = comparisons.map { "\($0.field) = \(Shown.text($0.expected))" }.joined(separator: "; ")
        judge(name, code, .holds(fields))
    }

    /// Compares where what is needed could be read, else says that it could not.
    mutating func compare<Value>(
        _ name: String,
        _ code: String,
        with value: Value?,
        _ comparisons: (Value) -> [Comparison]
    ) {
        if let value {
            compare(name, code, comparisons(value))
        } else {
            judge(name, code, .notApplicable("a document that it needs could not be read"))
        }
    }
}

/// Texts of documents that are nobody's yet: shown without control characters, and not without end.
enum Shown {
    /// Scalars that `escaped` takes for a literal's, and which do no harm here.
    private static let quotes: [Unicode.Scalar] = ["'", "\""]

    static func text(_ text: String) -> String {
        let escaped = text.unicodeScalars.prefix(161).map {
            quotes.contains($0) ? String($0) : $0.escaped(asASCII: true)
        }
        return escaped.count > 160 ? escaped.prefix(160).joined() + "..." : escaped.joined()
    }
}
