internal import AsyncHTTPClient
internal import Crypto
internal import Dispatch
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// HTTP over async-http-client, behind a door that blocks. Connections are kept and shared; HTTP/1.1 and HTTP/2.
package final class HTTPClient: HTTPTransport {
    private let client: AsyncHTTPClient.HTTPClient
    private let idle: Int64
    private let running = Mutex<(closed: Bool, tasks: [UInt64: Task<Void, Never>], next: UInt64)>((false, [:], 0))

    /// Where the other side is silent for `idleSeconds` in the middle of a body, sent or received, the transfer is broken.
    /// No request waits longer than this for the head of its answer either, beyond what sending its file takes.
    package init(idleSeconds: Int64 = 60) {
        idle = idleSeconds
        var configuration = AsyncHTTPClient.HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(15)
        configuration.timeout.read = .seconds(idleSeconds)
        configuration.timeout.write = .seconds(idleSeconds)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16
        // A lost answer must reach whoever asked: only a connection that was never made is tried again.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = AsyncHTTPClient.HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    /// Ends every transfer under way, and those that come after, as `cancelled`.
    package func cancel() {
        let tasks = running.withLock { state in
            state.closed = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    package func send(_ request: HTTPRequest, limit: Int) throws(HTTPFailure) -> HTTPResponse {
        let host = HTTPClient.host(of: request.url)
        return try wait(host) { [client, idle] in
            let answer = try await HTTPClient.execute(request, with: client, idle: idle)
            var body: [UInt8] = []
            for try await part in answer.body {
                guard body.count + part.readableBytes <= limit else {
                    throw HTTPFailure.tooLarge(host: host, limit: Int64(limit))
                }
                body.append(contentsOf: part.readableBytesView)
            }
            return HTTPResponse(status: Int(answer.status.code), fields: HTTPFields(answer.headers), body: body)
        }
    }

    package func download(
        _ request: HTTPRequest,
        to path: String,
        limit: Int64
    ) throws(HTTPFailure) -> HTTPDownload {
        let host = HTTPClient.host(of: request.url)
        return try wait(host) { [client, idle] in
            let answer = try await HTTPClient.execute(request, with: client, idle: idle)
            let isContent = answer.status.code == 200 || answer.status.code == 206
            var hash = SHA256()
            var count: Int64 = 0
            var refusal: [UInt8] = []
            let file = isContent ? try HTTPClient.create(path) : nil
            for try await part in answer.body {
                guard let file else {
                    refusal.append(contentsOf: part.readableBytesView.prefix((64 << 10) - refusal.count))
                    continue
                }
                count += Int64(part.readableBytes)
                guard count <= limit else { throw HTTPFailure.tooLarge(host: host, limit: limit) }
                try part.withUnsafeReadableBytes { bytes in
                    hash.update(bufferPointer: bytes)
                    do { try file.write(Array(bytes)) } catch { throw HTTPFailure.file("\(error)") }
                }
            }
            return HTTPDownload(
                status: Int(answer.status.code),
                fields: HTTPFields(answer.headers),
                count: count,
                sha256: Digest256(bytes: Array(hash.finalize())) ?? .zero,
                refusal: refusal
            )
        }
    }

    private static func create(_ path: String) throws(HTTPFailure) -> Descriptor {
        do {
            return try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        } catch { throw .file(error.message) }
    }

    private static func execute(
        _ request: HTTPRequest,
        with client: AsyncHTTPClient.HTTPClient,
        idle: Int64
    ) async throws -> HTTPClientResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for field in request.fields.all { outgoing.headers.add(name: field.name, value: field.value) }
        switch request.body {
        case .none: break
        case .bytes(let bytes): outgoing.body = .bytes(bytes)
        case .file(let path, let offset, let count):
            let parts = try FileParts(path: path, offset: offset, count: count)
            outgoing.body = .stream(parts, length: .known(count))
        }
        // The deadline is for the head of the answer; a body may take as long as it keeps coming.
        var deadline = min(request.idleSeconds, idle)
        if case .file(_, _, let count) = request.body { deadline += count >> 16 }
        return try await client.execute(outgoing, deadline: .now() + .seconds(deadline))
    }

    /// Runs `body` to its end on a task of its own and waits for it.
    private func wait<Answer: Sendable>(
        _ host: String,
        _ body: @escaping @Sendable () async throws -> Answer
    ) throws(HTTPFailure) -> Answer {
        guard !host.isEmpty else { throw .badURL(host) }
        let done = DispatchSemaphore(value: 0)
        let outcome = Outcome<Answer>()
        let number = running.withLock { state -> UInt64? in
            guard !state.closed else { return nil }
            state.next += 1
            state.tasks[state.next] = Task.detached {
                do {
                    let answer = try await body()
                    outcome.result.withLock { $0 = .success(answer) }
                } catch {
                    outcome.result.withLock { $0 = .failure(HTTPFailure(error, host: host)) }
                }
                done.signal()
            }
            return state.next
        }
        guard let number else { throw .cancelled }
        done.wait()
        running.withLock { _ = $0.tasks.removeValue(forKey: number) }
        guard let result = outcome.result.withLock({ $0 }) else { throw .cancelled }
        return try result.get()
    }

    private final class Outcome<Answer: Sendable>: Sendable {
        let result = Mutex<Result<Answer, HTTPFailure>?>(nil)
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

/// A part of a file, in pieces as they are asked for.
private struct FileParts: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let file: Descriptor
    let offset: Int64
    let count: Int64

    init(path: String, offset: Int64, count: Int64) throws(HTTPFailure) {
        do { file = try Descriptor.open(path, O_RDONLY) } catch { throw .file(error.message) }
        self.offset = offset
        self.count = count
    }

    struct Iterator: AsyncIteratorProtocol {
        let parts: FileParts
        var done: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            guard done < parts.count else { return nil }
            let wanted = Int(Swift.min(256 << 10, parts.count - done))
            var bytes = [UInt8](repeating: 0, count: wanted)
            let read = pread(parts.file.number, &bytes, wanted, off_t(parts.offset + done))
            guard read > 0 else { throw HTTPFailure.file("the file ended before what was to be sent of it") }
            done += Int64(read)
            return ByteBuffer(bytes: bytes[..<read])
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(parts: self) }
}

extension HTTPFields {
    fileprivate init(_ headers: HTTPHeaders) {
        self.init(headers.map { (name: $0.name, value: $0.value) })
    }
}

extension HTTPFailure {
    /// What an error of the library means to whoever asked.
    fileprivate init(_ error: any Error, host: String) {
        switch error {
        case let failure as HTTPFailure: self = failure
        case is CancellationError: self = .cancelled
        case let error as HTTPClientError where error == .cancelled: self = .cancelled
        case let error as HTTPClientError where error == .connectTimeout:
            self = .unreachable(host: host, reason: "no connection in 15 s")
        case let error as HTTPClientError where error == .invalidURL || error == .emptyHost:
            self = .badURL(host)
        case let error as HTTPClientError:
            self = .broken(host: host, reason: error.shortDescription)
        case let error as NIOConnectionError:
            self = .unreachable(host: host, reason: error.connectionErrors.first.map { "\($0.error)" } ?? "\(error)")
        default: self = .broken(host: host, reason: "\(error)")
        }
    }
}
