package import SwarmContracts
package import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension BundleArchive {
    /// One member of an archive: what it is, and where its bytes lie.
    package struct Member: Sendable, Equatable {
        package let name: MemberName
        /// Bytes of data.
        package let size: UInt64
        /// Where the data begins in the file.
        package let offset: UInt64

        /// The name in the archive.
        package var path: String { name.path }
    }

    /// An archive of which every header has been looked at: it is made only where the whole file is sound. The content of
    /// members is another matter, for whoever has the keys and hashes.
    package struct Reader: Sendable {
        private let file: Descriptor
        /// All members, in the byte order of their names.
        package let members: [Member]
        /// Bytes of the whole file.
        package let size: UInt64

        /// Opens and checks the file.
        package init(path: String, limits: Limits = Limits()) throws(BundleArchiveFailure) {
            try self.init(
                try Reader.system { () throws(SystemError) in try Descriptor.open(path, O_RDONLY) },
                limits: limits
            )
        }

        /// Checks an open regular file, from its first byte on wherever its position is. Reads headers alone.
        package init(_ file: Descriptor, limits: Limits = Limits()) throws(BundleArchiveFailure) {
            size = try Reader.system { () throws(SystemError) in try file.size() }
            guard size <= limits.totalBytes else {
                throw .tooLarge(file: file.path, what: "the file's bytes", limit: limits.totalBytes)
            }
            self.file = file
            var scan = ArchiveScan(file: file, size: size, limits: limits)
            members = try scan.run()
        }

        /// Copies a pipe into a file of mode 0600 at `temporary`, which must not be there and is unlinked at once, so that
        /// nothing is left whatever happens; then checks that. Stops at the limit of the whole file.
        package init(
            spooling pipe: Descriptor,
            to temporary: String,
            limits: Limits = Limits()
        ) throws(BundleArchiveFailure) {
            let spool = try Reader.system { () throws(SystemError) in
                let number = Glibc.open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
                guard number >= 0 else { throw .last("create", temporary) }
                unlink(temporary)
                return Descriptor(owning: number, path: pipe.path)
            }
            try Reader.copy(pipe, to: spool, limits.totalBytes)
            try self.init(spool, limits: limits)
        }

        private static func copy(
            _ pipe: Descriptor,
            to spool: Descriptor,
            _ limit: UInt64
        ) throws(BundleArchiveFailure) {
            var total: UInt64 = 0
            var buffer = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = Glibc.read(pipe.number, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw .system(.last("read", pipe.path)) }
                if count == 0 { return }
                total += UInt64(count)
                guard total <= limit else { throw .tooLarge(file: pipe.path, what: "the file's bytes", limit: limit) }
                let piece = Array(buffer[..<count])
                try system { () throws(SystemError) in try spool.write(piece) }
            }
        }

        /// The member of that name; nil where the archive has none.
        package func member(_ name: MemberName) -> Member? {
            let place = Reader.firstIndex(in: members) { $0.name >= name }
            guard place < members.count, members[place].name == name else { return nil }
            return members[place]
        }

        /// The chunks, in the order of their names.
        package var chunks: ArraySlice<Member> {
            members[..<Reader.firstIndex(in: members) { if case .chunk = $0.name { false } else { true } }]
        }

        private static func firstIndex(in members: [Member], where isPast: (Member) -> Bool) -> Int {
            var (low, high) = (0, members.count)
            while low < high {
                let middle = (low + high) / 2
                if isPast(members[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }

        /// The bytes of a member of this archive. Members are no larger than the limits the reader was made with.
        package func read(_ member: Member) throws(BundleArchiveFailure) -> [UInt8] {
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try file.bytes(Int(member.size), at: member.offset)
            } catch { throw .system(error) }
            // The file was long enough when it was checked: somebody has cut it since.
            guard bytes.count == Int(member.size) else { throw .truncated(file: file.path) }
            return bytes
        }

        /// Hands over the bytes of a member piece by piece.
        package func read(_ member: Member, into body: (UnsafeRawBufferPointer) throws -> Void) throws {
            var done: UInt64 = 0
            while done < member.size {
                let count = min(member.size - done, 1 << 20)
                let piece = try read(Member(name: member.name, size: count, offset: member.offset + done))
                try piece.withUnsafeBytes(body)
                done += count
            }
        }

        /// The SHA-256 of the whole file.
        package func fileHash() throws -> Digest256 {
            var hasher = Digest256.Hasher()
            try read(Member(name: .manifest, size: size, offset: 0)) { hasher.update($0) }
            return hasher.finish()
        }

        private static func system<Value>(
            _ body: () throws(SystemError) -> Value
        ) throws(BundleArchiveFailure) -> Value {
            do throws(SystemError) { return try body() } catch { throw .system(error) }
        }
    }
}
