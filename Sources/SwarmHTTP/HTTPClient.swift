internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

/// HTTP over async-http-client, behind a door that blocks. Connections are kept and shared; HTTP/1.1 and HTTP/2.
///
/// A request runs on the event loops of NIO, which have threads of their own, and on nothing else. So any number of callers
/// may wait here, on whatever threads: those of Swift's cooperative pool too, all of them at once.
package final class HTTPClient: HTTPTransport {
    private typealias Transfer = AsyncHTTPClient.HTTPClient.Task<Exchange.Answer>

    private let client: AsyncHTTPClient.HTTPClient
    private let idle: Int64
    private let running = Mutex<(closed: Bool, transfers: [UInt64: Transfer], next: UInt64)>((false, [:], 0))

    /// Where the other side is silent for `idleSeconds` in the middle of a body, sent or received, the request is `silent`.
    /// No request waits longer than this for the head of its answer either, beyond what sending its file takes.
    package init(idleSeconds: Int64 = 60) {
        idle = idleSeconds
        var configuration = AsyncHTTPClient.HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(min(HTTPClient.longestConnect, idleSeconds))
        configuration.timeout.read = .seconds(idleSeconds)
        configuration.timeout.write = .seconds(idleSeconds)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16
        // A lost answer must reach whoever asked: only a connection that was never made is tried again.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = AsyncHTTPClient.HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static let longestConnect: Int64 = 15

    deinit { client.shutdown { _ in } }

    /// Ends every transfer under way, and those that come after, as `cancelled`.
    package func cancel() {
        let transfers = running.withLock { state in
            state.closed = true
            return Array(state.transfers.values)
        }
        for transfer in transfers { transfer.cancel() }
    }

    package func send(_ request: HTTPRequest, limit: Int) throws(HTTPFailure) -> HTTPResponse {
        let answer = try perform(request, to: .memory(limit: limit))
        return HTTPResponse(status: answer.status, fields: answer.fields, body: answer.body)
    }

    package func download(
        _ request: HTTPRequest,
        to path: String,
        limit: Int64
    ) throws(HTTPFailure) -> HTTPDownload {
        let answer = try perform(request, to: .file(path, limit: limit))
        return HTTPDownload(
            status: answer.status,
            fields: answer.fields,
            count: answer.count,
            sha256: answer.sha256,
            refusal: answer.body
        )
    }

    private func perform(_ request: HTTPRequest, to target: Exchange.Target) throws(HTTPFailure) -> Exchange.Answer {
        let host = HTTPClient.host(of: request.url)
        // What stands behind may be a secret: a signed query, a password.
        guard !host.isEmpty else { throw .badURL(String(request.url.prefix { $0 != "?" && $0 != "@" })) }
        let patience = min(request.idleSeconds, idle)
        let exchange = Exchange(host: host, target)
        do {
            return try perform(HTTPClient.outgoing(request), exchange, HTTPClient.wait(request, patience))
        } catch { throw HTTPFailure(error, host: host, silence: patience, wasSent: exchange.isSent) }
    }

    private func perform(
        _ request: AsyncHTTPClient.HTTPClient.Request,
        _ exchange: Exchange,
        _ headIn: TimeAmount
    ) throws -> Exchange.Answer {
        // Begun under the lock, so that `cancel` knows of it or keeps it from beginning.
        let begun = running.withLock { state -> (number: UInt64, transfer: Transfer)? in
            guard !state.closed else { return nil }
            let transfer = client.execute(request: request, delegate: exchange)
            state.next += 1
            state.transfers[state.next] = transfer
            return (state.next, transfer)
        }
        guard let (number, transfer) = begun else { throw HTTPFailure.cancelled }
        let deadline = transfer.eventLoop.scheduleTask(in: headIn) {
            if !exchange.hasHead { transfer.fail(reason: HTTPClientError.deadlineExceeded) }
        }
        defer {
            deadline.cancel()
            running.withLock { _ = $0.transfers.removeValue(forKey: number) }
        }
        return try transfer.wait()
    }

    /// How long the head of the answer is waited for; a body may take as long as it keeps coming.
    private static func wait(_ request: HTTPRequest, _ patience: Int64) -> TimeAmount {
        guard case .file(_, _, let count) = request.body else { return .seconds(patience) }
        return .seconds(patience + (count >> 16))
    }

    private static func outgoing(_ request: HTTPRequest) throws -> AsyncHTTPClient.HTTPClient.Request {
        var outgoing = try AsyncHTTPClient.HTTPClient.Request(url: request.url, method: .init(rawValue: request.method))
        for field in request.fields.all { outgoing.headers.add(name: field.name, value: field.value) }
        switch request.body {
        case .none: break
        case .bytes(let bytes): outgoing.body = .byteBuffer(ByteBuffer(bytes: bytes))
        case .file(let path, let offset, let count):
            let pieces = try FilePieces(path: path, offset: offset, count: count)
            outgoing.body = .stream(contentLength: count) { pieces.send(to: $0) }
        }
        return outgoing
    }

    /// The host and port of a URL of http or https; empty for anything else.
    static func host(of url: String) -> String {
        for scheme in ["https://", "http://"] where url.lowercased().hasPrefix(scheme) {
            let rest = url.dropFirst(scheme.count)
            let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            return String(host.split(separator: "@").last ?? "")
        }
        return ""
    }
}

extension HTTPFailure {
    /// What an error of the library means to whoever asked. `silence` is how long it waited for the other side, `wasSent`
    /// whether anything of the request has gone out: before that there was no connection.
    fileprivate init(_ error: any Error, host: String, silence: Int64, wasSent: Bool) {
        switch error {
        case let failure as HTTPFailure: self = failure
        case let error as HTTPClientError where error == .cancelled: self = .cancelled
        case let error as HTTPClientError where error == .invalidURL || error == .emptyHost: self = .badURL(host)
        case let error as HTTPClientError
        where error == .deadlineExceeded || error == .readTimeout || error == .writeTimeout:
            self = .silent(host: host, seconds: silence)
        default:
            let reason = HTTPFailure.reason(error)
            self = wasSent ? .broken(host: host, reason: reason) : .unreachable(host: host, reason: reason)
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as NIOConnectionError: error.connectionErrors.first.map { reason($0.error) } ?? "no such host"
        case let error as IOError: SystemError.text(error.errnoCode)
        default: "\(error)"
        }
    }
}
