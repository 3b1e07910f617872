/// A transition that the agent's database tells its step of: a row of `events`.
package struct StateEvent: Sendable, Equatable {
    package let eventType: String
    package let runID: String
    /// The parent's id: no row holds the id of the node that it makes.
    package let nodeID: String?
    package let backend: String
    package let routeMode: String
    package let detail: String

    package init(
        eventType: String,
        runID: String,
        nodeID: String?,
        backend: String,
        routeMode: String,
        detail: String
    ) {
        self.eventType = eventType
        self.runID = runID
        self.nodeID = nodeID
        self.backend = backend
        self.routeMode = routeMode
        self.detail = detail
    }

    /// Reads a member of `events` in a dispatch request, where an empty `node_id` is none.
    init?(value: JSONValue) {
        guard let eventType = value["event_type"]?.text, let runID = value["run_id"]?.text,
            let nodeID = value["node_id"]?.text, let backend = value["backend"]?.text,
            let routeMode = value["route_mode"]?.text, let detail = value["detail"]?.text
        else { return nil }
        self.init(
            eventType: eventType,
            runID: runID,
            nodeID: nodeID.isEmpty ? nil : nodeID,
            backend: backend,
            routeMode: routeMode,
            detail: detail
        )
    }

    var value: JSONValue {
        [
            "event_type": .string(eventType), "run_id": .string(runID), "node_id": .string(nodeID ?? ""),
            "backend": .string(backend), "route_mode": .string(routeMode), "detail": .string(detail),
        ]
    }
}
