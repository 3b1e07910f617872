internal import CPlatform
internal import SwarmContracts

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The one place that reads the clock.
package enum Clock {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package static func now() -> Int64 { read(CLOCK_REALTIME) }

    /// Seconds since 1970-01-01T00:00:00Z.
    package static func nowSeconds() -> Int64 { now() / 1_000_000_000 }

    /// Nanoseconds on a clock that never goes back; its zero means nothing.
    package static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// The one place that takes random bytes from the system's generator.
package enum Randomness {
    /// `count` bytes of getrandom(2). A kernel without it cannot run swarm at all: that traps.
    package static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = swarm_random(&bytes, count)
        precondition(result == 0, "the system's random generator failed")
        return bytes
    }
}

/// The one place that reads the environment of the process.
package enum Environment {
    /// A variable's value; nil where it is not set or not UTF-8.
    package static func value(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        return String(validatingCString: value)
    }

    /// The same; nil where the value is empty too.
    package static func text(_ name: String) -> String? { value(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// The home folder: `HOME`, else what the account database says (getpwuid_r(3)); nil where neither names one.
    package static var home: String? {
        if let home = text("HOME") { return home }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let folder = entry.pw_dir.flatMap({ String(validatingCString: $0) }), folder.hasPrefix("/")
        else { return nil }
        return folder
    }
}

/// The one place that asks what machine this is.
package enum Machine {
    /// Differs each time the machine starts (random(4), `/proc/sys/kernel/random/boot_id`); nil where the system does not tell.
    package static var bootID: [UInt8]? { try? Files.read("/proc/sys/kernel/random/boot_id", limit: 100) }

    /// Name, release and machine of the kernel (uname(2)), as in `Linux 6.1.0 x86_64`.
    package static var kernel: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
    }
}

enum Hex16 {
    /// Sixteen random hexadecimal digits, for the name of a temporary file.
    static func random() -> String { Hex.encode(Randomness.bytes(8)) }
}
