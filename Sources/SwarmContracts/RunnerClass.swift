/// Whose machine ran the step.
package enum RunnerClass: String, Sendable, CaseIterable {
    case local
    case githubHosted = "github-hosted"
    case selfHosted = "self-hosted"
    case gitlabHosted = "gitlab-hosted"
}
