internal import CPlatform
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reading and writing of file content at places, holes included.
enum FileBytes {
    /// Writes every byte at `offset`.
    static func write(_ bytes: UnsafeRawBufferPointer, to file: Descriptor, at offset: UInt64) throws(SystemError) {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pwrite(file.number, base + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw .last("write", file.path)
            }
            done += count
        }
    }
}

/// Fills an empty file from its beginning to its end. Runs of zeros become holes.
struct SparseWriter {
    private let file: Descriptor
    private var offset: UInt64 = 0
    /// Where the last data ends.
    private var end: UInt64 = 0

    init(_ file: Descriptor) { self.file = file }

    /// Writes the next bytes.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        try ZeroBytes.eachDataRange(bytes) { range in
            try FileBytes.write(
                UnsafeRawBufferPointer(rebasing: bytes[range]),
                to: file,
                at: offset + UInt64(range.lowerBound)
            )
            end = offset + UInt64(range.upperBound)
        }
        offset += UInt64(bytes.count)
    }

    /// Gives the file its length, which a hole at the end does not.
    func finish() throws(SystemError) {
        if end < offset, ftruncate(file.number, off_t(offset)) != 0 { throw .last("write", file.path) }
    }
}

/// Reads a file from its beginning to its end. Where the file system knows of a hole, zeros are made instead of read.
struct SequentialReader {
    private let file: Descriptor
    private var offset: UInt64 = 0
    /// Data is known to begin here or before; a hole begins behind `dataEnd`.
    private var dataStart: UInt64 = 0
    private var dataEnd: UInt64 = 0
    private let size: UInt64

    init(_ file: Descriptor) throws(SystemError) {
        self.file = file
        size = try file.size()
    }

    /// Fills the buffer; fewer bytes only at the end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            try look()
            if offset < dataStart {
                let count = Int(min(dataStart - offset, UInt64(buffer.count - done)))
                UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count]).initializeMemory(
                    as: UInt8.self,
                    repeating: 0
                )
                done += count
                offset += UInt64(count)
                continue
            }
            let wanted = Int(min(dataEnd - offset, UInt64(buffer.count - done)))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + wanted])
            let count = try file.read(into: part, at: offset)
            if count == 0 { break }
            done += count
            offset += UInt64(count)
        }
        return done
    }

    /// Finds out what lies at `offset`: a hole up to `dataStart`, or data up to `dataEnd`.
    private mutating func look() throws(SystemError) {
        guard offset >= dataEnd else { return }
        // Small files are read in one go, and what grew behind the size of the beginning has no known holes.
        guard size > 1 << 20, offset < size else {
            dataEnd = UInt64.max
            return
        }
        let data = swarm_seek(file.number, off_t(offset), 0)
        if data < 0 {
            // ENXIO: nothing but a hole up to the end. Anything else: a file system that does not know.
            (dataStart, dataEnd) = errno == ENXIO ? (size, size) : (offset, UInt64.max)
            return
        }
        dataStart = UInt64(data)
        let hole = swarm_seek(file.number, data, 1)
        dataEnd = hole > data ? UInt64(hole) : UInt64.max
    }
}
