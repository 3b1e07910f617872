internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The stat cache of one directory: what its files looked like when they were last read, sealed, since it holds keys of
/// chunks.
///
/// The file: for each piece its length when it is sealed (4, big-endian) and the sealed piece.
struct StatCacheFile {
    /// A sealed piece is never longer, but for a folder of more files than there are.
    private static let longestPiece = 1 << 30

    private let key: LocalSealingKey
    private let index: Index
    private let path: String
    private let name: String
    private let folder: String

    init(store: Store, directory: String) {
        key = store.keyring.current.localKey(.statCache)
        index = store.index
        name = String(Digest256.sha256(of: Array((Files.realPath(directory) ?? directory).utf8)).hex.prefix(32))
        folder = store.layout.cache + "/stat"
        path = "\(folder)/\(name)"
    }

    private func associated(_ number: Int) -> [UInt8] { Array("stat-cache/\(name)/\(number)".utf8) }

    /// What is there; nil where nothing is or it does not open. The cache saves work and is never needed.
    func read() -> StatCache? {
        guard let file = try? Descriptor.open(path, O_RDONLY), let places = try? places(in: file) else { return nil }
        let opened = Mutex<[Int: StatCache.Piece]>([:])
        let threads = min(places.count, WorkerThread.processorCount)
        let done: Void? = try? WorkerThread.concurrently(threads) { thread in
            for number in stride(from: thread, to: places.count, by: threads) {
                guard let piece = try? piece(number, file, places[number]) else { return }
                opened.withLock { $0[number] = piece }
            }
        }
        let pieces = opened.withLock { opened in places.indices.compactMap { opened[$0] } }
        guard done != nil, pieces.count == places.count, var cache = try? StatCache(pieces) else { return nil }
        cache.isWhole = (try? index.vouches(forStatCache: cache.id, of: name)) ?? false
        return cache
    }

    private func places(in file: Descriptor) throws -> [Range<UInt64>] {
        let size = try file.size()
        var places: [Range<UInt64>] = []
        var offset: UInt64 = 0
        while offset < size {
            let length = try file.bytes(4, at: offset)
            let end = length.reduce(0) { $0 << 8 | UInt64($1) } + offset + 4
            guard length.count == 4, end <= size, end - offset <= StatCacheFile.longestPiece else {
                throw SnapshotFailure.malformed("a stat cache")
            }
            places.append(offset + 4..<end)
            offset = end
        }
        return places
    }

    private func piece(_ number: Int, _ file: Descriptor, _ place: Range<UInt64>) throws -> StatCache.Piece {
        let sealed = try file.bytes(place.count, at: place.lowerBound)
        return try StatCache.Piece(decoding: key.open(sealed, associated: associated(number)))
    }

    /// Keeps it, whole or not at all.
    func write(_ cache: StatCache) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cache.pieces.reduce(0) { $0 + $1.bytes.count + 4 + LocalSealingKey.overhead })
        for (number, piece) in cache.pieces.enumerated() {
            let sealed = key.seal(piece.bytes, nonce: Randomness.bytes(12), associated: associated(number))
            guard sealed.count <= StatCacheFile.longestPiece else { return }
            withUnsafeBytes(of: UInt32(sealed.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes += sealed
        }
        do {
            try Files.makeFolder(folder, mode: 0o700)
            try Files.write(bytes, to: path, mode: 0o600, sync: false)
        } catch {
            // A cache that could not be written costs time at the next import and nothing else.
        }
    }

    /// What a commit that enters everything the cache names says of it.
    func voucher(for cache: StatCache) -> StatCacheVoucher { StatCacheVoucher(name: name, id: cache.id) }
}
