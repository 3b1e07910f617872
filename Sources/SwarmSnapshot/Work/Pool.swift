internal import Synchronization

/// Objects that are dear to make, lent to one thread at a time. There are never more than threads that want one at once.
final class Pool<Element: Sendable>: Sendable {
    private let idle = Mutex<[Element]>([])
    private let make: @Sendable () -> Element

    init(_ make: @escaping @Sendable () -> Element) { self.make = make }

    /// Lends one for the length of the call.
    func with<R>(_ body: (Element) throws -> R) rethrows -> R {
        let element = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(element) } }
        return try body(element)
    }
}

/// A buffer of fixed size.
///
/// `@unchecked Sendable`: a `Pool` lends it to one thread at a time.
final class Buffer: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 4096) }

    deinit { bytes.deallocate() }
}
