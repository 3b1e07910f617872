import Testing

@testable import Sigstore

@Suite(
    "Attestations of GitHub Actions",
    .enabled(if: Conformance.isAvailable, Comment(rawValue: Conformance.absence))
)
struct GitHubPolicyTests {
    private let commit = "09b495c3f12c7881b3cc17209a327792065c1a1d"
    private let workflow = "github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml"

    private func failure(_ identity: IdentityPolicy) throws -> FailureCode? {
        let item = try #require(Conformance.cases.first { $0.name == "github/reusable-workflow/ok-identity" })
        return try SigstoreVerifier(root: Conformance.root(item.trustedRoot)).verify(
            json: Conformance.bytes(item.bundle),
            artifact: item.digestArtifact(),
            policy: Policy(signer: .certificate(identity), predicateType: "https://slsa.dev/provenance/v1")
        ).failure?.code
    }

    @Test("The pinned reusable workflow at its commit, the repository, its owner and the run are compared")
    func demands() throws {
        let claims: [FulcioClaim: String] = [
            .sourceRepositoryIdentifier: "804070735", .sourceRepositoryOwnerIdentifier: "16248153",
            .runInvocationURI: "https://github.com/malancas/attest-demo/actions/runs/9228858953/attempts/1",
        ]
        func policy(_ workflow: String, _ commit: String, _ claims: [FulcioClaim: String]) -> IdentityPolicy {
            .gitHubActions(workflow: workflow, reference: self.commit, signerDigest: commit, claims: claims)
        }
        #expect(try failure(policy(workflow, commit, claims)) == nil)
        #expect(try failure(policy(workflow + "x", commit, claims)) == .identityMismatch)
        #expect(try failure(policy(workflow, String(commit.dropLast()), claims)) == .claimMismatch)
        for claim in claims.keys {
            #expect(try failure(policy(workflow, commit, [claim: "1"])) == .claimMismatch)
        }
        #expect(try failure(policy(workflow, commit, [.runnerEnvironment: "self-hosted"])) == .claimMismatch)
    }
}
