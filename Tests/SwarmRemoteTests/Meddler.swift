import SwarmContracts
import SwarmHTTP
import Synchronization

/// Real HTTP on which connections break where a test says so.
final class Meddler: HTTPTransport {
    enum Fault {
        /// The request never goes out.
        case before
        /// The answer is lost.
        case after
    }

    private let client = HTTPClient()
    private let once: Bool
    private let fault: @Sendable (HTTPRequest) -> Fault?
    private let state = Mutex<(requests: [String], meddled: Int, isArmed: Bool)>(([], 0, true))

    /// With `once` only the first request that `fault` names is meddled with, until `again`.
    init(once: Bool = false, _ fault: @escaping @Sendable (HTTPRequest) -> Fault?) {
        (self.once, self.fault) = (once, fault)
    }

    /// Method and URL of every request that went out.
    var requests: [String] { state.withLock { $0.requests } }

    /// How many were meddled with.
    var meddled: Int { state.withLock { $0.meddled } }

    func again() { state.withLock { $0.isArmed = true } }

    private func takeFault(_ request: HTTPRequest) -> Fault? {
        state.withLock { state in
            guard state.isArmed, let fault = fault(request) else { return nil }
            state.meddled += 1
            if once { state.isArmed = false }
            return fault
        }
    }

    func send(_ request: HTTPRequest, limit: Int) throws(HTTPFailure) -> HTTPResponse {
        let fault = takeFault(request)
        if case .before? = fault { throw .broken(host: "meddled", reason: "before it was sent") }
        state.withLock { $0.requests.append(request.method + " " + request.url) }
        let answer = try client.send(request, limit: limit)
        if case .after? = fault { throw .broken(host: "meddled", reason: "before the answer came") }
        return answer
    }

    func download(_ request: HTTPRequest, to path: String, limit: Int64) throws(HTTPFailure) -> HTTPDownload {
        try client.download(request, to: path, limit: limit)
    }
}
