internal import SwarmCapability
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// The worker's private key: read once, from a descriptor that is closed or a file that is removed.
enum WorkerKey {
    private static let largest = 4096

    static func read(_ descriptor: Int32?) throws -> RecipientKey {
        if let descriptor {
            let file = Descriptor(owning: descriptor, path: "the descriptor of --key-fd")
            defer { file.close() }
            return try key(try pour(file))
        }
        guard let path = Environment.value("SWARM_WORKER_KEY_FILE") else {
            throw WorkerFailure.usage("give the worker's key: --key-fd N, or SWARM_WORKER_KEY_FILE")
        }
        let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW)
        defer { file.close() }
        // Gone before it is used: whatever comes later finds nothing.
        try Files.remove(path)
        return try key(try pour(file))
    }

    private static func pour(_ file: Descriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: largest)
        while bytes.count < largest {
            let count = Glibc.read(file.number, &buffer, largest - bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError.last("read", file.path) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    private static func key(_ bytes: [UInt8]) throws -> RecipientKey {
        try RecipientKey(text: SecretText(String(decoding: bytes, as: UTF8.self)))
    }
}
