package import SwarmContracts
package import SwarmPlatform

extension BundleArchive {
    /// Writes an archive from front to back, to a file or a pipe. Nothing is read back, and no more than one buffer is held.
    package struct Writer {
        private let target: Descriptor
        private var buffer: [UInt8] = []
        private var hasher = Digest256.Hasher()
        private var size: UInt64 = 0
        private var last: MemberName?

        private static let bufferSize = 1 << 20

        /// Writes at the descriptor's current position. It is neither synced nor closed.
        package init(to target: Descriptor) {
            self.target = target
            buffer.reserveCapacity(Writer.bufferSize)
        }

        /// Adds a member. Names must come in their byte order, each once; otherwise `misuse` is thrown and nothing written.
        package mutating func add(_ name: String, _ bytes: [UInt8]) throws(BundleArchiveFailure) {
            try begin(name, UInt64(bytes.count))
            let result = bytes.withUnsafeBytes { bytes in
                attempt { writer throws(BundleArchiveFailure) in try writer.put(bytes) }
            }
            try result.get()
            try pad(UInt64(bytes.count))
        }

        /// Adds a member whose `size` bytes lie in `source` from `offset` on. Fewer there is `misuse`.
        package mutating func add(
            _ name: String,
            size: UInt64,
            from source: Descriptor,
            at offset: UInt64 = 0
        ) throws(BundleArchiveFailure) {
            try begin(name, size)
            var done: UInt64 = 0
            var piece = [UInt8](repeating: 0, count: Int(min(size, UInt64(Writer.bufferSize))))
            while done < size {
                let wanted = Int(min(size - done, UInt64(piece.count)))
                let result = piece.withUnsafeMutableBytes { bytes in
                    attempt { writer throws(BundleArchiveFailure) in
                        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted])
                        let count = try writer.system { () throws(SystemError) in
                            try source.read(into: part, at: offset + done)
                        }
                        guard count == wanted else {
                            throw .misuse(member: name, reason: "its source ends after \(done + UInt64(count)) bytes")
                        }
                        try writer.put(UnsafeRawBufferPointer(part))
                    }
                }
                try result.get()
                done += UInt64(wanted)
            }
            try pad(size)
        }

        /// Adds a member of `size` bytes that `fill` hands over piece by piece. Any other count is `misuse`; what `fill`
        /// throws is passed on. After a failure the archive is good for nothing.
        package mutating func add(
            _ name: String,
            size: UInt64,
            fill: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
        ) throws {
            try begin(name, size)
            var done: UInt64 = 0
            var copy = self
            buffer = []
            defer { self = copy }
            try fill { bytes in
                done += UInt64(bytes.count)
                guard done <= size else {
                    throw BundleArchiveFailure.misuse(member: name, reason: "it has more than \(size) bytes")
                }
                try copy.put(bytes)
            }
            guard done == size else {
                throw BundleArchiveFailure.misuse(member: name, reason: "it has \(done) bytes and not \(size)")
            }
            try copy.pad(size)
        }

        /// Ends the archive: its size in bytes, and the SHA-256 of all of it.
        package mutating func finish() throws(BundleArchiveFailure) -> (size: UInt64, hash: Digest256) {
            buffer += [UInt8](repeating: 0, count: 2 * Header.size)
            try flush()
            return (size, hasher.finish())
        }

        private mutating func begin(_ path: String, _ bytes: UInt64) throws(BundleArchiveFailure) {
            guard let name = MemberName(path) else {
                throw .misuse(member: path, reason: "no bundle has such a member")
            }
            if let last, name <= last { throw .misuse(member: path, reason: "it comes after \(last.path)") }
            guard bytes < 1 << 33 else {
                throw .misuse(member: path, reason: "it is larger than a ustar member can be")
            }
            last = name
            buffer += Header(name: path, bytes: bytes).block
        }

        private mutating func pad(_ bytes: UInt64) throws(BundleArchiveFailure) {
            buffer += [UInt8](repeating: 0, count: Header.padding(after: bytes))
            if buffer.count >= Writer.bufferSize { try flush() }
        }

        private mutating func put(_ bytes: UnsafeRawBufferPointer) throws(BundleArchiveFailure) {
            if bytes.count < Writer.bufferSize {
                buffer.append(contentsOf: bytes)
                if buffer.count >= Writer.bufferSize { try flush() }
            } else {
                try flush()
                try send(bytes)
            }
        }

        private mutating func flush() throws(BundleArchiveFailure) {
            let ready = buffer
            buffer.removeAll(keepingCapacity: true)
            let result = ready.withUnsafeBytes { bytes in
                attempt { writer throws(BundleArchiveFailure) in try writer.send(bytes) }
            }
            try result.get()
        }

        private mutating func send(_ bytes: UnsafeRawBufferPointer) throws(BundleArchiveFailure) {
            hasher.update(bytes)
            size += UInt64(bytes.count)
            try system { () throws(SystemError) in try target.write(bytes) }
        }

        private func system<Value>(_ body: () throws(SystemError) -> Value) throws(BundleArchiveFailure) -> Value {
            do throws(SystemError) { return try body() } catch { throw .system(error) }
        }

        // The standard library's closures over bytes do not pass typed errors on.
        private mutating func attempt(
            _ body: (inout Writer) throws(BundleArchiveFailure) -> Void
        ) -> Result<Void, BundleArchiveFailure> {
            do throws(BundleArchiveFailure) { return .success(try body(&self)) } catch { return .failure(error) }
        }
    }
}
