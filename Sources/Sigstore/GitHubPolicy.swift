extension IdentityPolicy {
    /// The issuer of the tokens of GitHub Actions.
    public static let gitHubActionsIssuer = "https://token.actions.githubusercontent.com"

    /// What to demand of an attestation that a pinned workflow of GitHub Actions made
    /// (Fulcio's `oid-info.md`, "GitHub").
    ///
    /// - Parameters:
    ///   - workflow: the signing workflow as `github.com/owner/repository/.github/workflows/file.yml`.
    ///   - reference: the ref or commit by which the workflow was called, as it stands behind the `@`.
    ///   - signerDigest: the commit of the signing workflow in hexadecimal.
    ///   - claims: further demands, as the source repository's identifier and commit or the run. The runner environment
    ///     is `github-hosted` where they do not name another.
    public static func gitHubActions(
        workflow: String,
        reference: String,
        signerDigest: String,
        claims: [FulcioClaim: String] = [:]
    ) -> IdentityPolicy {
        let uri = "https://\(workflow)@\(reference)"
        let own: [FulcioClaim: String] = [
            .buildSignerURI: uri, .buildSignerDigest: signerDigest, .runnerEnvironment: "github-hosted",
        ]
        return IdentityPolicy(
            identity: uri,
            issuer: gitHubActionsIssuer,
            claims: own.merging(claims) { _, demanded in demanded }
        )
    }
}
