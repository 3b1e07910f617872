internal import CZstd
internal import SwarmCapability

/// A zstd compressor with its buffer.
///
/// `@unchecked Sendable`: a `Pool` lends it to one thread at a time.
final class Compressor: @unchecked Sendable {
    private let context: OpaquePointer?
    private let output: UnsafeMutableRawBufferPointer
    private static let level: Int32 = 1

    init() {
        context = ZSTD_createCCtx()
        output = .allocate(byteCount: ZSTD_compressBound(Chunker.maximum), alignment: 64)
    }

    deinit {
        ZSTD_freeCCtx(context)
        output.deallocate()
    }

    /// Hands `body` the codec and payload of a chunk's frame: compressed where that saves at least 1/32, else as it is.
    /// The same plaintext always gives the same frame with one version of the library.
    func frame<R>(_ plain: UnsafeRawBufferPointer, _ body: (ChunkCodec, UnsafeRawBufferPointer) throws -> R) rethrows
        -> R
    {
        guard plain.count >= 64, !looksRandom(plain) else { return try body(.raw, plain) }
        let count = compress(plain)
        guard count > 0, count <= plain.count - plain.count / 32 else { return try body(.raw, plain) }
        return try body(.zstd, UnsafeRawBufferPointer(rebasing: output[..<count]))
    }

    /// A few samples that do not shrink spare the attempt on the whole.
    private func looksRandom(_ plain: UnsafeRawBufferPointer) -> Bool {
        let sample = 4 << 10
        guard plain.count >= 16 * sample else { return false }
        var total = 0
        for number in 0..<4 {
            let start = (plain.count - sample) / 3 * number
            total += compress(UnsafeRawBufferPointer(rebasing: plain[start..<start + sample]))
        }
        return total >= 4 * sample - 256
    }

    private func compress(_ plain: UnsafeRawBufferPointer) -> Int {
        let count = ZSTD_compressCCtx(
            context,
            output.baseAddress,
            output.count,
            plain.baseAddress,
            plain.count,
            Compressor.level
        )
        return ZSTD_isError(count) == 0 ? count : Int.max >> 8
    }
}

/// A zstd decompressor.
///
/// `@unchecked Sendable`: a `Pool` lends it to one thread at a time.
final class Decompressor: @unchecked Sendable {
    private let context: OpaquePointer?

    init() { context = ZSTD_createDCtx() }

    deinit { ZSTD_freeDCtx(context) }

    /// Fills `room` with the plaintext of a zstd frame. False, with anything in it, where that is not exactly as long.
    func fill(_ room: UnsafeMutableRawBufferPointer, from payload: UnsafeRawBufferPointer) -> Bool {
        ZSTD_decompressDCtx(context, room.baseAddress, room.count, payload.baseAddress, payload.count) == room.count
    }
}
