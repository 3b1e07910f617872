/// How many requests a worker's key opens.
package enum WorkerKeyScope: String, Sendable, CaseIterable {
    /// That of one run: the key was made for it, and is taken away behind it.
    case run
    /// Those of all runs until the operator makes another key.
    case epoch
}
