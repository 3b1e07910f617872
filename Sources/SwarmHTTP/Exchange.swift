internal import AsyncHTTPClient
internal import Crypto
internal import NIOCore
internal import NIOHTTP1
internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Takes in the answer to one request, on the event loop of its connection.
final class Exchange: HTTPClientResponseDelegate {
    /// Where the body of an answer goes.
    enum Target {
        case memory(limit: Int)
        /// The body of a 200 or 206, to a file that is created new or cut to nothing.
        case file(String, limit: Int64)
    }

    /// An answer that came whole.
    struct Answer {
        var status = 0
        var fields = HTTPFields()
        /// The body, or of a refusal at most 64 KiB where the target is a file.
        var body: [UInt8] = []
        /// Bytes written to the file, and the SHA-256 of them.
        var count: Int64 = 0
        var sha256 = Digest256.zero
    }

    private struct State {
        var isSent = false
        var answer = Answer()
        var hash = SHA256()
        var file: Descriptor?
    }

    private static let longestRefusal = 64 << 10

    private let host: String
    private let target: Target
    private let state = Mutex(State())

    init(host: String, _ target: Target) { (self.host, self.target) = (host, target) }

    /// Whether the head of the answer has come.
    var hasHead: Bool { state.withLock { $0.answer.status != 0 } }

    /// Whether anything of the request has gone out.
    var isSent: Bool { state.withLock { $0.isSent } }

    func didSendRequestHead(task: AsyncHTTPClient.HTTPClient.Task<Answer>, _ head: HTTPRequestHead) {
        state.withLock { $0.isSent = true }
    }

    func didReceiveHead(
        task: AsyncHTTPClient.HTTPClient.Task<Answer>,
        _ head: HTTPResponseHead
    ) -> EventLoopFuture<Void> {
        done(task) {
            try state.withLock { state in
                state.answer.status = Int(head.status.code)
                state.answer.fields = HTTPFields(head.headers.map { (name: $0.name, value: $0.value) })
                guard case .file(let path, _) = target, head.status == .ok || head.status == .partialContent else {
                    return
                }
                do throws(SystemError) {
                    state.file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
                } catch { throw HTTPFailure.file(error.message) }
            }
        }
    }

    func didReceiveBodyPart(
        task: AsyncHTTPClient.HTTPClient.Task<Answer>,
        _ part: ByteBuffer
    ) -> EventLoopFuture<Void> {
        done(task) { try state.withLock { try take(part, &$0) } }
    }

    private func take(_ part: ByteBuffer, _ state: inout State) throws(HTTPFailure) {
        switch target {
        case .memory(let limit):
            guard state.answer.body.count + part.readableBytes <= limit else {
                throw .tooLarge(host: host, limit: Int64(limit))
            }
            state.answer.body.append(contentsOf: part.readableBytesView)
        case .file(_, let limit):
            guard let file = state.file else {
                let room = Exchange.longestRefusal - state.answer.body.count
                state.answer.body.append(contentsOf: part.readableBytesView.prefix(room))
                return
            }
            state.answer.count += Int64(part.readableBytes)
            guard state.answer.count <= limit else { throw .tooLarge(host: host, limit: limit) }
            let bytes = Array(part.readableBytesView)
            state.hash.update(data: bytes)
            do throws(SystemError) { try file.write(bytes) } catch { throw .file(error.message) }
        }
    }

    func didFinishRequest(task: AsyncHTTPClient.HTTPClient.Task<Answer>) throws -> Answer {
        state.withLock { state in
            state.answer.sha256 = Digest256(bytes: Array(state.hash.finalize())) ?? .zero
            return state.answer
        }
    }

    /// An error ends the request: the library hands it to whoever waits.
    private func done(
        _ task: AsyncHTTPClient.HTTPClient.Task<Answer>,
        _ body: () throws -> Void
    ) -> EventLoopFuture<Void> {
        do {
            try body()
            return task.eventLoop.makeSucceededVoidFuture()
        } catch { return task.eventLoop.makeFailedFuture(error) }
    }
}
