package import SwarmContracts

/// One question that a verifier asked, and its answer.
package struct Check: Sendable, Equatable {
    /// How it was answered.
    package enum Status: String, Sendable, CaseIterable {
        case passed
        case failed
        /// There was nothing to compare, or an earlier failure left nothing to compare it with.
        case notApplicable = "not_applicable"
    }

    /// From 1, in the order of the report.
    package let number: Int
    /// Which of several documents it is about: a node of a chain. Nil where there is one alone.
    package let subject: String?
    /// Stable: `certificate.parent_state`.
    package let name: String
    package let status: Status
    /// What was compared, in printable ASCII.
    package let detail: String
    /// The code of the failure; nil where it did not fail.
    package let code: String?

    /// The check as data: `number`, `subject` (or null), `name`, `status`, `detail`, `code` (or null).
    package var value: JSONValue {
        [
            "number": JSONValue(number), "subject": JSONValue(subject), "name": .string(name),
            "status": .string(status.rawValue), "detail": .string(detail), "code": JSONValue(code),
        ]
    }

    func renumbered(_ number: Int) -> Check {
        Check(number: number, subject: subject, name: name, status: status, detail: detail, code: code)
    }
}
