/// How a run ended.
package enum RunStatus: String, Sendable, CaseIterable {
    case succeeded
    case failed
    case cancelled
}

/// What happened to the parent's content before the step: it was restored, or something earlier had to serve.
package enum RestoreMode: String, Sendable, CaseIterable {
    case checkpoint
    case coldStart = "cold_start"
}
