package import SwarmContracts

/// All that a verifier asked, in order, and so its verdict.
package struct VerificationReport: Sendable, Equatable {
    /// What was verified, as a person knows it: `certificate`, `chain`, `bundle`.
    package let subject: String
    package private(set) var checks: [Check]

    package init(subject: String, checks: [Check]) {
        self.subject = subject
        self.checks = checks
    }

    /// The check that decides the error's code.
    package var firstFailure: Check? { checks.first { $0.status == .failed } }

    /// The code of the first failure; nil where nothing failed.
    package var failureCode: String? { firstFailure?.code }

    /// Whether all that could be asked was answered well. A report that asked nothing has not passed.
    package var passed: Bool { firstFailure == nil && checks.contains { $0.status == .passed } }

    /// The report as data: `subject`, `verdict` (`passed` or `failed`), `first_failure` (a code or null), `checks`.
    package var value: JSONValue {
        [
            "subject": .string(subject), "verdict": passed ? "passed" : "failed",
            "first_failure": JSONValue(failureCode), "checks": .array(checks.map(\.value)),
        ]
    }

    /// Puts another report's checks behind these, numbered on.
    package mutating func append(contentsOf other: VerificationReport) {
        for check in other.checks { checks.append(check.renumbered(checks.count + 1)) }
    }

    /// Throws where the report has not passed.
    package func require() throws(VerificationFailure) {
        if !passed { throw VerificationFailure(report: self) }
    }
}

/// Something that was to be verified does not hold. The code is that of the first failed check.
package struct VerificationFailure: Failure, Equatable {
    package let report: VerificationReport

    package init(report: VerificationReport) { self.report = report }

    package var code: String { report.failureCode ?? "VERIFICATION_EMPTY" }
    package var category: FailureCategory { .verification }

    package var message: String {
        guard let check = report.firstFailure else { return "the \(report.subject) holds nothing that can be verified" }
        let place = check.subject.map { " of \($0)" } ?? ""
        return "the \(report.subject) does not hold: check \(check.number) (\(check.name)\(place)): \(check.detail)"
    }
}
