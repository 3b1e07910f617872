internal import SwarmHTTP
internal import Synchronization

/// Ends what a command waits for at a backend: the waits of its pacer, and the transfers under way.
final class Interruption: Sendable {
    private let state = Mutex<(requested: Bool, clients: [HTTPClient])>((false, []))

    /// Whether `raise` was called.
    var requested: Bool { state.withLock { $0.requested } }

    /// A client whose transfers end, as `cancelled`, when this is raised.
    func client() -> HTTPClient {
        let client = HTTPClient()
        let isLate = state.withLock { state in
            state.clients.append(client)
            return state.requested
        }
        if isLate { client.cancel() }
        return client
    }

    /// May be called from any thread, and again.
    func raise() {
        let clients = state.withLock { state in
            state.requested = true
            return state.clients
        }
        for client in clients { client.cancel() }
    }
}
