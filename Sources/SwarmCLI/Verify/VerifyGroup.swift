internal import ArgumentParser
internal import SwarmContracts
internal import SwarmVerify

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Believe nothing: check certificates, chains and bundles, offline.",
        subcommands: [VerifyCert.self, VerifyAttestation.self, VerifyChain.self, VerifyBundle.self, VerifyProof.self]
    )
}

/// Shows a verdict: every check, numbered, with what was compared.
struct VerdictOutput {
    let console: Console

    /// Prints the report; gives the exit code. `unverified` are the nodes it speaks of that were taken in without an
    /// attestation; nil where it speaks of no node.
    func show(_ report: VerificationReport, unverified: [NodeID]? = nil) -> Int32 {
        for node in unverified ?? [] {
            console.warn("\(node.short) is marked unverified: it was taken in without an attestation")
        }
        if console.json {
            guard case .object(var members) = report.value else { return 1 }
            members["status"] = .string(report.passed ? "verified" : "error")
            if let unverified { members["unverified"] = .array(unverified.map { .string($0.description) }) }
            if let failure = failure(report) { members["error"] = Console.errorBody(failure) }
            console.write(.object(members))
        } else {
            let pager = Pager(console: console)
            let width = String(report.checks.count).count
            var subject: String?
            for check in report.checks {
                // A chain is long: each node has its heading.
                if check.subject != subject, let heading = check.subject { console.write("\(heading)\n") }
                subject = check.subject
                let mark =
                    switch check.status {
                    case .passed: pager.added("ok    ")
                    case .failed: pager.removed("FAILED")
                    case .notApplicable: "n.a.  "
                    }
                let number = String(check.number)
                let space = String(repeating: " ", count: width - number.count)
                console.write("\(space)\(number). \(mark) \(check.name): \(shown(check))\n")
            }
            console.say(report.passed ? "\(report.subject): verified" : "\(report.subject): NOT verified")
            if let failure = failure(report) { console.report(failure) }
        }
        return report.passed ? 0 : FailureCategory.verification.exitCode
    }

    /// What was compared; of a check that passed only the beginning, unless more is asked for.
    private func shown(_ check: Check) -> String {
        guard check.status != .failed, console.loudness < .verbose, check.detail.count > 110 else {
            return check.detail
        }
        return check.detail.prefix(107) + "..."
    }

    private func failure(_ report: VerificationReport) -> VerificationFailure? {
        do throws(VerificationFailure) {
            try report.require()
            return nil
        } catch { return error }
    }
}
