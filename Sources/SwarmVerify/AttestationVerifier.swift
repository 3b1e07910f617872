package import Sigstore
internal import SwarmContracts

/// Did this identity sign this artifact, at a time when its certificate held, and is that in the log?
package enum AttestationVerifier {
    /// Judges attestations of one artifact: a bundle, a bundle a line, or the answer of GitHub's API. One that satisfies
    /// the demand is enough; else the report is of the one that came farthest.
    package static func verify(
        _ attestations: [UInt8],
        artifact: Artifact,
        demand: AttestationDemand
    ) -> VerificationReport {
        var list = CheckList()
        verify(attestations, artifact, demand, &list)
        return VerificationReport(subject: "attestation", checks: list.checks)
    }

    static func verify(
        _ attestations: [UInt8],
        _ artifact: Artifact,
        _ demand: AttestationDemand,
        _ list: inout CheckList
    ) {
        let bundles: [Sigstore.Bundle]
        do throws(SigstoreError) {
            bundles = try Attestations.bundles(in: attestations)
        } catch {
            return list.judge("attestation.bundle", error.code.rawValue, .fails(Shown.text(error.message)))
        }
        guard let trial = AttestationTrial(bundles, artifact, demand.accepted) else {
            return list.judge(
                "attestation.signer",
                "ATTESTATION_NOT_JUDGED",
                .fails("nothing says whose signature would count")
            )
        }
        for check in trial.verdict.checks {
            let detail = Shown.text(check.detail)
            let judgement: Judgement =
                switch check.outcome {
                case .passed: .holds(detail)
                case .failed: .fails(detail)
                case .notApplicable: .notApplicable(detail)
                }
            let code = trial.verdict.failure?.code ?? .bundleMalformed
            list.judge("attestation.\(check.name)", code.rawValue, judgement)
        }
        if trial.verdict.isVerified {
            list.judge("attestation.signer", "ATTESTATION_NOT_JUDGED", .holds("signed by \(trial.acceptance.name)"))
        }
    }
}
