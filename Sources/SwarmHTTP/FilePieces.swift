internal import AsyncHTTPClient
internal import NIOCore
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// A part of a file, in pieces that are read as they are sent.
struct FilePieces: Sendable {
    private static let piece: Int64 = 256 << 10

    private let file: Descriptor
    private let offset: Int64
    private let count: Int64

    init(path: String, offset: Int64, count: Int64) throws(HTTPFailure) {
        do throws(SystemError) { file = try Descriptor.open(path, O_RDONLY) } catch { throw .file(error.message) }
        (self.offset, self.count) = (offset, count)
    }

    /// Sends all of them, each once the one before has gone.
    func send(to writer: AsyncHTTPClient.HTTPClient.Body.StreamWriter) -> EventLoopFuture<Void> {
        // Nothing has gone yet; the future tells the event loop.
        send(from: 0, after: writer.write(.byteBuffer(ByteBuffer())), to: writer)
    }

    private func send(
        from place: Int64,
        after written: EventLoopFuture<Void>,
        to writer: AsyncHTTPClient.HTTPClient.Body.StreamWriter
    ) -> EventLoopFuture<Void> {
        guard place < count else { return written }
        return written.flatMap {
            do throws(HTTPFailure) {
                let bytes = try read(at: place)
                let next = writer.write(.byteBuffer(ByteBuffer(bytes: bytes)))
                return send(from: place + Int64(bytes.count), after: next, to: writer)
            } catch { return written.eventLoop.makeFailedFuture(error) }
        }
    }

    private func read(at place: Int64) throws(HTTPFailure) -> [UInt8] {
        let wanted = Int(min(FilePieces.piece, count - place))
        var bytes = [UInt8](repeating: 0, count: wanted)
        let read = pread(file.number, &bytes, wanted, off_t(offset + place))
        guard read > 0 else { throw .file("the file ended before what was to be sent of it") }
        return Array(bytes[..<read])
    }
}
