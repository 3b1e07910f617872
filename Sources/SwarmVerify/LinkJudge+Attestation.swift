internal import Sigstore
internal import SwarmContracts

extension LinkJudge {
    /// The attestation of a run: is it there where it must be, does it hold, and does it say what the documents say?
    func attestation(_ demand: AttestationDemand, _ list: inout CheckList) {
        let name = "attestation"
        guard !demand.accepted.isEmpty || demand.isRequired else { return }
        guard let certificate = link.bytes.certificate else {
            return list.judge(name, code("ATTESTATION_MISSING"), .notApplicable("root has no run"))
        }
        guard let bytes = link.bytes.attestation else {
            let what =
                link.bytes.isUnverified
                ? "the node is marked unverified: it was taken in without an attestation" : "the run has no attestation"
            return list.judge(
                name,
                code("ATTESTATION_MISSING"),
                demand.isRequired ? .fails(what) : .notApplicable(what)
            )
        }
        let bundles: [Sigstore.Bundle]
        do throws(SigstoreError) {
            bundles = try Attestations.bundles(in: bytes)
        } catch {
            return list.judge(name, error.code.rawValue, .fails(Shown.text(error.message)))
        }
        guard let trial = AttestationTrial(bundles, Artifact(bytes: certificate), demand.accepted) else {
            return list.judge(
                name,
                code("ATTESTATION_NOT_JUDGED"),
                .fails("no key is known that it could be signed with")
            )
        }
        if let failure = trial.verdict.failure {
            return list.judge(name, failure.code.rawValue, .fails(Shown.text(failure.message)))
        }
        list.judge(name, code("ATTESTATION_MISSING"), .holds("signed by \(trial.acceptance.name)"))
        statement(trial.verdict.evidence?.statement, certificate, &list)
    }

    /// An operator's statement is a function of the documents: it is made anew and compared byte for byte.
    private func statement(_ signed: Statement?, _ certificate: [UInt8], _ list: inout CheckList) {
        let (name, code) = ("attestation.statement", code("STATEMENT_MISMATCH"))
        guard let signed, signed.predicateType == RunStatement.predicateType else {
            return list.judge(name, code, .notApplicable("it is no statement of swarm's own"))
        }
        guard let result = link.bytes.result, let policy = link.bytes.policy,
            let expected = try? RunStatement(certificate: certificate, result: result, policy: policy)
        else { return list.judge(name, code, .fails("a document that it speaks of could not be read")) }
        list.judge(
            name,
            code,
            expected.canonicalBytes == signed.json
                ? .holds("it names certificate, result and policy, and says what they say")
                : .fails("it speaks of other documents, or says other things than they do")
        )
    }
}
