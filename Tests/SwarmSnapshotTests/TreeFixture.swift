import SwarmContracts
import SwarmPlatform

#if canImport(Glibc)
import Glibc
#endif

/// SplitMix64: the same numbers for the same seed.
struct Numbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: next()) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(count))
    }
}

/// Makes and reads back trees with names of any bytes.
enum TreeFixture {
    static let oddNames: [[UInt8]] = [
        Array("plain".utf8), Array("with space".utf8), Array("line\nbreak".utf8), [0xff, 0xfe, 0x80], Array("ünï".utf8),
        Array("-rf".utf8), Array("...".utf8), Array("a\u{1b}[31m".utf8), [UInt8](repeating: 0x78, count: 255), [0x01],
    ]

    static func path(_ folder: String, _ name: [UInt8]) -> [CChar] {
        (Array(folder.utf8) + [0x2f] + name + [0]).map(CChar.init(bitPattern:))
    }

    static func write(_ bytes: [UInt8], _ path: [CChar], mode: mode_t = 0o644) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(file >= 0)
        bytes.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { precondition(Glibc.write(file, base, bytes.count) == bytes.count) }
        }
        fchmod(file, mode)
        close(file)
    }

    static func write(_ bytes: [UInt8], _ path: String, mode: mode_t = 0o644) {
        write(bytes, Array(path.utf8CString), mode: mode)
    }

    /// Fills a folder with files, folders, links and hard links.
    static func fill(_ folder: String, seed: UInt64, depth: Int = 3) {
        var numbers = Numbers(seed)
        fill([UInt8](folder.utf8), &numbers, depth)
    }

    private static func fill(_ folder: [UInt8], _ numbers: inout Numbers, _ depth: Int) {
        var firstFile: [UInt8]?
        for number in 0..<Int.random(in: 0...7, using: &numbers) {
            let name =
                number < 4
                ? Array("entry\(number)".utf8) : oddNames[Int.random(in: 0..<oddNames.count, using: &numbers)]
            let path = folder + [0x2f] + name
            let zeroed = (path + [0]).map(CChar.init(bitPattern:))
            var status = stat()
            if lstat(zeroed, &status) == 0 { continue }
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0...4:
                let sizes = [0, 1, 63, 64, 5000, 70_000, 300_000]
                let size = sizes[Int.random(in: 0..<sizes.count, using: &numbers)]
                let text = Bool.random(using: &numbers)
                write(
                    text ? [UInt8](repeating: UInt8(size % 251), count: size) : numbers.bytes(size),
                    zeroed,
                    mode: Bool.random(using: &numbers) ? 0o755 : 0o600
                )
                firstFile = path
            case 5, 6:
                mkdir(zeroed, 0o755)
                if depth > 0 { fill(path, &numbers, depth - 1) }
            case 7: symlink(["/etc/passwd", "../up", "entry0"][Int.random(in: 0..<3, using: &numbers)], zeroed)
            default:
                if let firstFile { link((firstFile + [0]).map(CChar.init(bitPattern:)), zeroed) }
            }
        }
    }

    /// What a person sees of a tree: for each path its kind, bytes, executable bit, time, and the first of its names.
    static func describe(_ folder: String, times: Bool = true) -> [[UInt8]: String] {
        var seen: [[UInt8]: String] = [:]
        var names: [UInt64: [UInt8]] = [:]
        describe([UInt8](folder.utf8), [], times, &seen, &names)
        return seen
    }

    private static func describe(
        _ root: [UInt8],
        _ path: [UInt8],
        _ times: Bool,
        _ seen: inout [[UInt8]: String],
        _ names: inout [UInt64: [UInt8]]
    ) {
        let full = (root + (path.isEmpty ? [] : [0x2f] + path) + [0]).map(CChar.init(bitPattern:))
        guard let stream = opendir(full) else { return }
        var found: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: 256).prefix { $0 != 0 })
                }
            }
            if name != [0x2e], name != [0x2e, 0x2e] { found.append(name) }
        }
        closedir(stream)
        for name in found.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let place = path.isEmpty ? name : path + [0x2f] + name
            let zeroed = (root + [0x2f] + place + [0]).map(CChar.init(bitPattern:))
            var status = stat()
            guard lstat(zeroed, &status) == 0 else { continue }
            let time = times ? " \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)" : ""
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                seen[place] = "directory" + time
                describe(root, place, times, &seen, &names)
            case S_IFLNK:
                var target = [CChar](repeating: 0, count: 4096)
                let count = readlink(zeroed, &target, 4095)
                seen[place] = "link \(target.prefix(max(count, 0)))" + time
            default:
                let bytes = read(zeroed, Int(status.st_size))
                let first = status.st_nlink > 1 ? names[UInt64(status.st_ino), default: place] : place
                names[UInt64(status.st_ino)] = first
                seen[place] = "file \(Digest256.sha256(of: bytes)) \(status.st_mode & 0o100 != 0) \(first)" + time
            }
        }
    }

    private static func read(_ path: [CChar], _ size: Int) -> [UInt8] {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: size)
        var done = 0
        while done < size {
            let count = bytes.withUnsafeMutableBytes {
                $0.baseAddress.map { pread(file, $0 + done, size - done, off_t(done)) } ?? 0
            }
            if count <= 0 { break }
            done += count
        }
        return bytes
    }
}
