/// Whose machine ran the step.
package enum RunnerClass: String, Sendable, CaseIterable {
    case local
    case githubHosted = "github-hosted"
    case selfHosted = "self-hosted"
    case gitlabHosted = "gitlab-hosted"
}

/// How far a step was shut in.
package enum SandboxLevel: String, Sendable, CaseIterable {
    case strict
    case none
}
