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
        holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = holder
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        number = UInt16(bigEndian: address.sin_port)
        guard isBound else { throw Unavailable() }
    }

    deinit { close(holder) }
}
