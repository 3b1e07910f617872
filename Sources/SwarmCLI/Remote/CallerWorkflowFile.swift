internal import SwarmContracts
internal import SwarmPlatform

/// The thin workflow that `init --backend github` writes; `templates/github/swarm.yml`, with the pin in its place.
enum CallerWorkflowFile {
    /// Where it lies in a repository.
    static let path = ".github/workflows/swarm.yml"

    static func text(pin: WorkflowRef) -> String { before + "    uses: \(pin)\n" + after }

    /// Throws exit 2 where a file stands in its place that differs in more than its pin.
    static func requirePlace(pin: WorkflowRef, project: String) throws {
        let file = "\(project)/\(path)"
        guard Files.kind(file) != nil else { return }
        let old = String(decoding: try Files.read(file, limit: 1 << 20), as: UTF8.self)
        guard withoutPin(old) == withoutPin(text(pin: pin)) else { throw CallerWorkflowExists(file: file) }
    }

    /// Writes it into a project. One that is there and differs only in its pin is written anew; another one is left alone,
    /// and exit 2.
    static func write(pin: WorkflowRef, project: String) throws -> String {
        let file = "\(project)/\(path)"
        try requirePlace(pin: pin, project: project)
        try Files.makeFolder(Files.parent(of: file))
        try Files.write(Array(text(pin: pin).utf8), to: file)
        return file
    }

    private static func withoutPin(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("    uses: ") }
    }

    private static let before = """
        # Starts one step of a swarm run on a runner of GitHub. `swarm init --backend github` writes this file; `swarm run launch --backend
        # github` starts it. What is done, and what may sign for it, is the pinned file alone: nothing is decided here.
        name: swarm
        run-name: swarm ${{ inputs.request_id }}

        on:
          workflow_dispatch:
            inputs:
              request_id:
                description: Public name of the request, by which the run is found again
                required: true
                type: string
              expected_commit_sha:
                description: Commit of the pinned workflow
                required: true
                type: string
              route_mode:
                description: How the step reaches the network
                required: true
                type: string
              checkpoint_in:
                description: Public locator of the parent's bundle, or empty
                required: false
                default: ""
                type: string
              request:
                description: The request, sealed for the worker's key
                required: true
                type: string

        permissions: {}

        concurrency:
          group: swarm-${{ inputs.request_id }}
          cancel-in-progress: false

        jobs:
          run:
            name: run
            permissions:
              actions: read # the bundle that an earlier run kept
              attestations: write # keeping the attestation beside the repository
              contents: read # the checkout
              id-token: write # signing the attestation as the pinned workflow

        """

    private static let after = """
            with:
              request_id: ${{ inputs.request_id }}
              expected_commit_sha: ${{ inputs.expected_commit_sha }}
              route_mode: ${{ inputs.route_mode }}
              checkpoint_in: ${{ inputs.checkpoint_in }}
              request: ${{ inputs.request }}
            secrets:
              # Read before any runner is chosen: the called job gets the two values below, and no other secret.
              SWARM_RUN_KEY: ${{ secrets[format('SWARM_RUN_KEY_{0}', inputs.request_id)] }} # zizmor: ignore[overprovisioned-secrets]
              SWARM_WORKER_KEY: ${{ secrets.SWARM_WORKER_KEY }}

        """
}

/// A file that is not swarm's stands where the workflow would be.
struct CallerWorkflowExists: Failure {
    let file: String
    var code: String { "WORKFLOW_EXISTS" }
    var category: FailureCategory { .invalidInput }
    var message: String { "\(file) is there and is not what swarm writes" }
    var hint: String? { "move it away, or change its `uses:` line by hand" }
}
