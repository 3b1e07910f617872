internal import SwarmPlatform

/// What stands between the step's pipes and the sink: masking, the limit, bubblewrap's own words.
struct OutputGate {
    /// How much of the end is kept for refusal hints.
    static let tailLength = 16 << 10
    private static let heldLimit = 8 << 10
    private static let prefix = Array("bwrap: ".utf8)

    private let sink: any OutputSink
    private let limit: Int
    private let start: Int64
    private var maskers: [OutputStream: StreamMasker]
    private var lastByte: UInt8 = 10
    /// The beginning of the stream that carries bubblewrap's own errors, until it is known whose words they are.
    private var held: [UInt8]?
    private let heldStream: OutputStream

    /// Bytes handed on.
    private(set) var count = 0
    /// Whether bytes were dropped.
    private(set) var cut = false
    /// The last bytes of all output, masked.
    private(set) var tail: [UInt8] = []

    /// With `holding`, output that starts like bubblewrap's own errors waits for `release` or `takeHeld`.
    init(sink: any OutputSink, limit: Int, secrets: [[UInt8]], start: Int64, holding: OutputStream?) {
        self.sink = sink
        self.limit = limit
        self.start = start
        maskers = [.standardOutput: StreamMasker(secrets), .standardError: StreamMasker(secrets)]
        held = holding == nil ? nil : []
        heldStream = holding ?? .standardError
    }

    /// Whether the pipes are better left alone for a moment.
    var isFull: Bool { sink.isFull }

    /// Takes what was read from a pipe.
    mutating func take(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer) {
        if stream == heldStream, var waiting = held {
            waiting.append(contentsOf: bytes)
            held = waiting
            let compared = min(waiting.count, OutputGate.prefix.count)
            let alike = waiting[..<compared].elementsEqual(OutputGate.prefix[..<compared])
            if !alike || waiting.count > OutputGate.heldLimit { release() }
            return
        }
        hand(stream, maskers[stream]?.take(bytes) ?? [])
    }

    /// The words held back were the step's own.
    mutating func release() {
        guard let waiting = held else { return }
        held = nil
        waiting.withUnsafeBytes { take(heldStream, $0) }
    }

    /// The words held back, which were bubblewrap's.
    mutating func takeHeld() -> String {
        defer { held = nil }
        return String(decoding: held ?? [], as: UTF8.self)
    }

    /// A line of swarm's own among the step's errors.
    mutating func say(_ line: String, on stream: OutputStream) {
        hand(stream, Array((lastByte == 10 ? line : "\n" + line).utf8) + [10])
    }

    /// Nothing has come for a while: what was held back on suspicion goes on, for a person may be waiting for it.
    mutating func settle() {
        for stream in OutputStream.allCases where maskers[stream]?.isHolding == true {
            hand(stream, maskers[stream]?.flush() ?? [])
        }
    }

    /// The pipes are at their end.
    mutating func finish() {
        release()
        settle()
    }

    private mutating func hand(_ stream: OutputStream, _ bytes: [UInt8]) {
        guard !bytes.isEmpty, !cut else { return }
        let passed = min(bytes.count, limit - count)
        deliver(stream, bytes[..<passed])
        count += passed
        guard passed < bytes.count else { return }
        cut = true
        let mark = "[swarm: output cut after \(limit) bytes]\n"
        deliver(stream, Array((lastByte == 10 ? mark : "\n" + mark).utf8)[...])
    }

    private mutating func deliver(_ stream: OutputStream, _ bytes: ArraySlice<UInt8>) {
        guard let last = bytes.last else { return }
        lastByte = last
        tail.append(contentsOf: bytes.suffix(OutputGate.tailLength))
        if tail.count > 2 * OutputGate.tailLength { tail.removeFirst(tail.count - OutputGate.tailLength) }
        bytes.withUnsafeBytes { sink.receive(stream, $0, offset: Clock.monotonic() - start) }
    }
}
