internal import CPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A thread of the operating system for work that blocks: hashing, reading pipes, waiting for a child.
///
/// `@unchecked Sendable`: the only field is set before the object is handed out and read by `join` alone.
package final class WorkerThread: @unchecked Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let handle: pthread_t

    /// Starts `body` on a thread of its own, with a stack of 1 MiB. Throws `SystemError` where no thread is to be had.
    package init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 1 << 20)
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Body(body))
        let result = pthread_create(
            &handle,
            &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            argument.toOpaque()
        )
        guard result == 0 else {
            argument.release()
            throw SystemError("start", "a thread", result)
        }
        self.handle = handle
    }

    /// Waits until the body has returned. To be called once.
    package func join() { pthread_join(handle, nil) }

    /// Runs `body` on `count` threads at once, each with its number from 0, and waits for all of them.
    package static func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws(SystemError) {
        var threads: [WorkerThread] = []
        defer { for thread in threads { thread.join() } }
        for number in 1..<max(count, 1) {
            threads.append(try WorkerThread { body(number) })
        }
        body(0)
    }

    /// How many processors may run at once.
    package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}

/// Which thread something belongs to. A thread that begins when another has ended may get that one's.
package struct ThreadID: Equatable, Sendable {
    private let number: UInt

    /// The one of the thread that asks.
    package static var current: ThreadID {
        // A number in one C library, a pointer in the other.
        ThreadID(number: withUnsafeBytes(of: pthread_self()) { $0.load(as: UInt.self) })
    }
}
