internal import CPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An HTTP/1.1 server on a port of its own at 127.0.0.1 for tests: it answers as a closure says, and misbehaves as it says too.
package final class SmallServer: Sendable {
    /// A request as it came; the names of fields are in lower case.
    package struct Request: Sendable {
        package let method: String
        /// Path and query, not decoded.
        package let target: String
        package let fields: [String: String]
        package let body: [UInt8]

        /// The target without its query.
        package var path: String { String(target.prefix { $0 != "?" }) }

        /// The items of the query, percent-decoded.
        package var query: [String: String] {
            var items: [String: String] = [:]
            guard let mark = target.firstIndex(of: "?") else { return items }
            for item in target[target.index(after: mark)...].split(separator: "&") {
                let pair = item.split(separator: "=", maxSplits: 1)
                items[Request.decoded(pair[0])] = pair.count > 1 ? Request.decoded(pair[1]) : ""
            }
            return items
        }

        private static func decoded(_ text: Substring) -> String {
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "%"), rest.count >= 2,
                    let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                {
                    bytes.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// What the server does with a request.
    package enum Answer: Sendable {
        case reply(status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = [])
        /// The head of a reply that promises `promised` bytes, a part of them, and the end of the connection.
        case cut(status: Int, promised: Int, body: [UInt8])
        /// The head of a reply and a part of its body, then silence for as long as the client waits.
        case stall(status: Int, promised: Int, body: [UInt8])
        /// The connection is reset without an answer.
        case reset
        /// Nothing at all for as long as the client waits.
        case silence
    }

    /// No port was to be had.
    package struct Unavailable: Error {}

    package let port: UInt16
    private let listener: Int32
    private let state = Mutex<(stopped: Bool, open: Set<Int32>)>((false, []))
    private let answer: @Sendable (Request) -> Answer

    /// `http://127.0.0.1:<port>`.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// Serves until `stop`. `answer` runs on threads of the server's own.
    package init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        self.answer = answer
        guard let (descriptor, port) = Loopback.bound() else { throw Unavailable() }
        (listener, self.port) = (descriptor, port)
        guard listen(descriptor, 64) == 0 else { throw Unavailable() }
        SmallServer.thread { [self] in take() }
    }

    /// Ends the server and all its connections.
    package func stop() {
        // Under the lock: a number that is closed may be another's file by then.
        state.withLock { state in
            guard !state.stopped else { return }
            state.stopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Box(body)).toOpaque()
        let result = pthread_create(
            &handle,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            },
            argument
        )
        if result == 0 { pthread_detach(handle) }
    }

    private func take() {
        while true {
            let connection = swarm_accept(listener)
            let isStopped = state.withLock { state in
                if connection >= 0 { state.open.insert(connection) }
                return state.stopped
            }
            if connection >= 0, !isStopped {
                SmallServer.thread { [self] in serve(connection) }
            } else if isStopped {
                if connection >= 0 { close(connection) }
                close(listener)
                return
            }
        }
    }

    private func serve(_ connection: Int32) {
        defer {
            state.withLock { state in
                state.open.remove(connection)
                close(connection)
            }
        }
        var buffer: [UInt8] = []
        while let request = read(connection, &buffer) {
            switch answer(request) {
            case .reply(let status, let fields, let body):
                let isHead = request.method == "HEAD"
                guard write(connection, head(status, fields, body.count) + (isHead ? [] : body)) else { return }
            case .cut(let status, let promised, let body):
                _ = write(connection, head(status, [], promised) + body)
                shutdown(connection, Int32(SHUT_RDWR))
                return
            case .stall(let status, let promised, let body):
                _ = write(connection, head(status, [], promised) + body)
                waitForEnd(connection)
                return
            case .reset:
                // A close that waits for nothing sends a reset.
                var option = linger(l_onoff: 1, l_linger: 0)
                setsockopt(connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
                return
            case .silence:
                waitForEnd(connection)
                return
            }
        }
    }

    private func waitForEnd(_ connection: Int32) {
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
    }

    private func head(_ status: Int, _ fields: [(name: String, value: String)], _ count: Int) -> [UInt8] {
        var text = "HTTP/1.1 \(status) Test\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if !fields.contains(where: { $0.name.lowercased() == "content-length" }) {
            text += "Content-Length: \(count)\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    private func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                send(connection, buffer.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            done += count
        }
        return true
    }

    private func fill(_ connection: Int32, _ buffer: inout [UInt8]) -> Bool {
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(connection, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer += piece[..<count]
        return true
    }

    private func read(_ connection: Int32, _ buffer: inout [UInt8]) -> Request? {
        var end: Int?
        while end == nil {
            end = buffer.indices.first { buffer[$0...].starts(with: [13, 10, 13, 10]) }
            if end == nil, !fill(connection, &buffer) { return nil }
        }
        guard let end else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3 else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        buffer.removeFirst(end + 4)
        if fields["expect"] == "100-continue" { _ = write(connection, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        let body: [UInt8]
        if fields["transfer-encoding"]?.lowercased() == "chunked" {
            guard let read = readChunked(connection, &buffer) else { return nil }
            body = read
        } else {
            let count = fields["content-length"].flatMap { Int($0) } ?? 0
            while buffer.count < count { guard fill(connection, &buffer) else { return nil } }
            body = Array(buffer.prefix(count))
            buffer.removeFirst(count)
        }
        return Request(method: String(words[0]), target: String(words[1]), fields: fields, body: body)
    }

    private func readChunked(_ connection: Int32, _ buffer: inout [UInt8]) -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let line = buffer.firstIndex(of: 10) else {
                guard fill(connection, &buffer) else { return nil }
                continue
            }
            let text = String(decoding: buffer[..<line], as: UTF8.self)
            guard let size = Int(text.prefix { $0.isHexDigit }, radix: 16) else { return nil }
            while buffer.count < line + 1 + size + 2 { guard fill(connection, &buffer) else { return nil } }
            body += buffer[(line + 1)..<(line + 1 + size)]
            buffer.removeFirst(line + 1 + size + 2)
            if size == 0 { return body }
        }
    }
}
