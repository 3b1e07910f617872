#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A port at 127.0.0.1 on which nobody listens, and that nobody else gets for as long as this lives.
package final class DeafPort: Sendable {
    /// No port was to be had.
    package struct Unavailable: Error {}

    package let number: UInt16
    private let holder: Int32

    /// `http://127.0.0.1:<number>`.
    package var url: String { "http://127.0.0.1:\(number)" }

    package init() throws {
        guard let (descriptor, port) = Loopback.bound() else { throw Unavailable() }
        (holder, number) = (descriptor, port)
    }

    deinit { close(holder) }
}
