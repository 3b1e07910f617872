package import Sigstore
internal import SwarmContracts

/// Whose attestation counts, and whether one must be there.
package struct AttestationDemand: Sendable {
    /// What may verify a bundle; any one of them is enough.
    package struct Acceptance: Sendable {
        /// The trusted root; empty for a managed key.
        package let root: TrustedRoot
        package let policy: Sigstore.Policy
        /// How a report speaks of it: `the operator's key did:key:z6Mk..`.
        package let name: String

        package init(root: TrustedRoot, policy: Sigstore.Policy, name: String) {
            self.root = root
            self.policy = policy
            self.name = name
        }

        /// The operator's own key (`root` has no say): what local runs are signed with.
        package static func key(_ key: PublicKey, name: String) -> Acceptance {
            Acceptance(root: .empty, policy: Policy(signer: .key(key), logEntry: .never), name: name)
        }
    }

    package let accepted: [Acceptance]
    /// Whether a run without an attestation fails.
    package let isRequired: Bool

    package init(accepted: [Acceptance], isRequired: Bool) {
        self.accepted = accepted
        self.isRequired = isRequired
    }

    /// Demands nothing; an attestation that is there is not looked at.
    package static let none = AttestationDemand(accepted: [], isRequired: false)
}

/// What came of bundles that were tried against a demand.
struct AttestationTrial {
    /// The verdict that holds, or the one that came farthest.
    let verdict: Verdict
    let acceptance: AttestationDemand.Acceptance

    /// Tries every bundle with every acceptance. Nil where there is nothing to try.
    init?(_ bundles: [Sigstore.Bundle], _ artifact: Artifact, _ accepted: [AttestationDemand.Acceptance]) {
        var best: (Verdict, AttestationDemand.Acceptance)?
        for acceptance in accepted {
            let verifier = SigstoreVerifier(root: acceptance.root)
            for bundle in bundles {
                let verdict = verifier.verify(bundle, artifact: artifact, policy: acceptance.policy)
                if verdict.isVerified {
                    (self.verdict, self.acceptance) = (verdict, acceptance)
                    return
                }
                if best.map({ AttestationTrial.reach(verdict) > AttestationTrial.reach($0.0) }) ?? true {
                    best = (verdict, acceptance)
                }
            }
        }
        guard let best else { return nil }
        (verdict, acceptance) = best
    }

    /// How many checks were made before the first that failed.
    private static func reach(_ verdict: Verdict) -> Int {
        verdict.checks.firstIndex { $0.outcome == .failed } ?? verdict.checks.count
    }
}
