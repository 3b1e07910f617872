/// What made a node.
package enum Operation: String, Sendable, CaseIterable {
    /// `swarm init` made `root`.
    case initial = "init"
    /// Files were taken in.
    case `import`
    /// A step ran from a node, or from the project directory.
    case launch
    /// A step continued a node.
    case resume
    /// A branch was made; no step ran.
    case fork

    /// Whether a certificate of this operation speaks of a step that was executed.
    package var bundleMode: BundleMode {
        switch self {
        case .launch, .resume: .promptRun
        case .initial, .import, .fork: .stateLicense
        }
    }
}

/// What a certificate licenses: the outcome of a step, or a state alone.
package enum BundleMode: String, Sendable, CaseIterable {
    case promptRun = "prompt-run"
    case stateLicense = "state-license"
}
