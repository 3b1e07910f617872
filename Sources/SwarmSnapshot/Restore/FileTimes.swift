#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Times as the kernel takes them.
enum FileTimes {
    /// Access and modification time, both `nanoseconds` since 1970, which may be before.
    static func stamps(_ nanoseconds: Int64) -> [timespec] {
        var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest < 0 { (seconds, rest) = (seconds - 1, rest + 1_000_000_000) }
        let stamp = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
        return [stamp, stamp]
    }
}

/// A path cut at its last slash.
struct PathParts {
    /// Empty for a name at the top.
    let folder: [UInt8]
    let name: [UInt8]

    init(_ path: [UInt8]) {
        guard let slash = path.lastIndex(of: 0x2f) else {
            (folder, name) = ([], path)
            return
        }
        (folder, name) = (Array(path[..<slash]), Array(path[(slash + 1)...]))
    }
}
