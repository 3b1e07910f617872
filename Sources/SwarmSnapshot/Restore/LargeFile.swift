internal import SwarmContracts
internal import SwarmPlatform

/// A file on its way to the disk, chunk by chunk. Failures name it.
struct LargeFile {
    private let path: [UInt8]
    private var stream: ContentStream
    private var writer: SparseWriter
    private var isOpen = true

    /// `file` is empty.
    init(_ content: Content, _ path: [UInt8], to file: Descriptor, reader: ContentReader, pool: WorkPool) {
        self.path = path
        stream = reader.stream(content, pool: pool)
        writer = SparseWriter(file)
    }

    /// Writes what is left, and checks the whole.
    mutating func write() throws {
        while isOpen { try advance() }
        try naming(path) { try stream.finish() }
        try writer.finish()
    }

    /// Writes two files, which takes less time than one after the other.
    static func write(_ one: inout LargeFile, _ other: inout LargeFile) throws {
        while one.isOpen, other.isOpen {
            ContentStream.hash(&one.stream, &other.stream)
            if one.stream.isHashed { try one.advance() }
            if other.stream.isHashed { try other.advance() }
        }
        try one.write()
        try other.write()
    }

    private mutating func advance() throws {
        isOpen = try naming(path) { try stream.advance { try writer.write($0) } }
    }
}
