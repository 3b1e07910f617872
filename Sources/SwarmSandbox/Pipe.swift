internal import CSandbox
internal import Glibc
internal import SwarmPlatform

/// Both ends of a pipe, close-on-exec.
struct Pipe {
    let reader: Descriptor
    let writer: Descriptor

    /// With `patient` false, reading returns at once where nothing is there.
    init(patient: Bool = false) throws(SandboxFailure) {
        var numbers: [Int32] = [-1, -1]
        guard swarm_pipe(&numbers) == 0 else { throw .system(.last("make", "a pipe")) }
        reader = Descriptor(owning: numbers[0], path: "pipe")
        writer = Descriptor(owning: numbers[1], path: "pipe")
        if !patient { _ = fcntl(reader.number, F_SETFL, O_NONBLOCK) }
    }
}

/// What one read gave.
enum ReadResult: Equatable {
    case bytes(Int)
    case nothingYet
    case end

    /// Reads once. A terminal whose other end is closed gives EIO: that is its end.
    static func read(_ number: Int32, into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EAGAIN { return .nothingYet }
            if errno != EINTR { return .end }
        }
    }
}
