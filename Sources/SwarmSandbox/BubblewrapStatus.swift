/// What bubblewrap writes to its `--json-status-fd`: a line with the child's pid, then one with its exit status.
///
/// The second comes only where the program ran: without it, the sandbox or the exec failed.
struct BubblewrapStatus {
    private(set) var childPID: Int32?
    private(set) var exitCode: Int32?
    private var buffer: [UInt8] = []

    /// Takes what was read; text that is not understood is passed over.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        guard buffer.count < 1 << 16 else { return }
        buffer.append(contentsOf: bytes)
        while let end = buffer.firstIndex(of: 10) {
            let line = String(decoding: buffer[..<end], as: UTF8.self)
            buffer.removeFirst(end + 1)
            if let pid = BubblewrapStatus.number("\"child-pid\":", in: line), pid > 1 { childPID = childPID ?? pid }
            if let code = BubblewrapStatus.number("\"exit-code\":", in: line) { exitCode = exitCode ?? code }
        }
    }

    private static func number(_ name: String, in line: String) -> Int32? {
        var rest = Substring(line)
        while !rest.isEmpty, !rest.hasPrefix(name) { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        return Int32(rest.dropFirst(name.count).drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber })
    }
}
