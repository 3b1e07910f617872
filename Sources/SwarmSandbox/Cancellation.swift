internal import SwarmPlatform
internal import Synchronization

/// Asks running steps to stop. One may be shared by several runs, and used from any thread.
package final class Cancellation: Sendable {
    private let count = Atomic<Int>(0)
    // Pipes that are written once and never read: they stay readable, however many runs wait on them.
    private let first: Signal
    private let second: Signal

    /// Throws `SandboxFailure` where no descriptor is to be had.
    package init() throws(SandboxFailure) {
        first = try Signal()
        second = try Signal()
    }

    /// Asks with SIGTERM, and SIGKILL after the run's grace; asked a second time, with SIGKILL at once.
    package func cancel() {
        switch count.add(1, ordering: .sequentiallyConsistent).oldValue {
        case 0: first.raise()
        case 1: second.raise()
        default: break
        }
    }

    /// Whether `cancel` was called.
    package var requested: Bool { count.load(ordering: .sequentiallyConsistent) > 0 }

    /// Readable from the first or second `cancel` on.
    var descriptors: (first: Int32, second: Int32) { (first.number, second.number) }
}

/// A pipe that becomes readable once and stays so.
private final class Signal: Sendable {
    private let pipe: (reader: Descriptor, writer: Descriptor)

    init() throws(SandboxFailure) {
        let pipe = try Pipe()
        self.pipe = (pipe.reader, pipe.writer)
    }

    var number: Int32 { pipe.reader.number }

    func raise() { _ = try? pipe.writer.write([1]) }
}
