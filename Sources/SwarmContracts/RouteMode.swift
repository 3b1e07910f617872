/// What a step may reach.
package enum RouteMode: String, Sendable, CaseIterable {
    /// Nothing: an empty network namespace.
    case none
    /// The network of the host that runs the step.
    case direct
    /// An exit that the operator runs, and nothing else.
    case clientExit = "client_exit"
}
