internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot

/// The stat cache of one directory: what its files looked like when they were last read, sealed, since it holds keys of
/// chunks.
struct StatCacheFile {
    private let key: LocalSealingKey
    private let path: String
    private let associated: [UInt8]
    private let folder: String

    init(store: Store, directory: String) {
        key = store.keyring.current.localKey(.statCache)
        let name = Digest256.sha256(of: Array((Files.realPath(directory) ?? directory).utf8)).hex.prefix(32)
        folder = store.layout.cache + "/stat"
        path = "\(folder)/\(name)"
        associated = Array("stat-cache/\(name)".utf8)
    }

    /// What is there; nil where nothing is or it does not open. The cache saves work and is never needed.
    func read() -> StatCache? {
        guard let sealed = try? Files.read(path, limit: 1 << 30),
            let plain = try? key.open(sealed, associated: associated)
        else { return nil }
        return try? StatCache(decoding: plain)
    }

    /// Keeps it, whole or not at all.
    func write(_ cache: StatCache) {
        let sealed = key.seal(cache.encode(), nonce: Randomness.bytes(12), associated: associated)
        do {
            try Files.makeFolder(folder, mode: 0o700)
            try Files.write(sealed, to: path, mode: 0o600, sync: false)
        } catch {
            // A cache that could not be written costs time at the next import and nothing else.
        }
    }
}
