internal import SwarmPlatform
internal import SwarmSandbox
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Takes a step's output as it comes: to the log, to whoever watches, and standard output to a file that becomes the
/// response where the step writes none.
final class RunSink: OutputSink {
    let log: RunLog
    private let spool: Descriptor
    private let queue: OutputQueue
    private let spoolFailed = Mutex(false)

    init(folder: RunFolder, observer: any RunObserver) throws(SystemError) {
        log = try RunLog(folder.log)
        spool = try Descriptor.open(folder.standardOutput, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        queue = try OutputQueue.start(for: observer)
    }

    deinit { queue.close() }

    var isFull: Bool { queue.isFull }

    func receive(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer, offset: Int64) {
        log.add(stream, bytes, offset: offset)
        if stream == .standardOutput {
            do { try spool.write(bytes) } catch { spoolFailed.withLock { $0 = true } }
        }
        queue.add(stream, bytes)
    }

    /// Waits for whoever watches; see `OutputQueue.finish`.
    func flush(by deadline: Int64, _ cancellation: Cancellation) -> Bool { queue.finish(by: deadline, cancellation) }

    /// Closes log and spool. Throws where not all of the output could be kept.
    func finish(offset: Int64) throws(SystemError) {
        try log.finish(offset: offset)
        if spoolFailed.withLock({ $0 }) { throw SystemError("write", spool.path, ENOSPC) }
        spool.close()
    }
}
