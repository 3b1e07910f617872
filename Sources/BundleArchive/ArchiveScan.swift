internal import SwarmPlatform

/// One pass over the headers of a file, jumping over data.
struct ArchiveScan {
    private let file: Descriptor
    private let size: UInt64
    private let limits: BundleArchive.Limits
    private var members: [BundleArchive.Member] = []
    private var documents = 0

    init(file: Descriptor, size: UInt64, limits: BundleArchive.Limits) {
        self.file = file
        self.size = size
        self.limits = limits
    }

    mutating func run() throws(BundleArchiveFailure) -> [BundleArchive.Member] {
        var offset: UInt64 = 0
        while let header = try header(at: offset) {
            let data = offset + UInt64(Header.size)
            try accept(header, data)
            let end = data + header.bytes
            let padding = Header.padding(after: header.bytes)
            guard end <= size, size - end >= UInt64(padding) else { throw .truncated(file: file.path) }
            guard try read(padding, at: end).allSatisfy({ $0 == 0 }) else {
                throw .malformed(
                    file: file.path,
                    member: header.name,
                    reason: "its last block is not filled with zeros"
                )
            }
            offset = end + UInt64(padding)
        }
        try checkEnd(offset)
        return members
    }

    // Nil at a block of zeros.
    private func header(at offset: UInt64) throws(BundleArchiveFailure) -> Header? {
        let block = try read(Header.size, at: offset)
        if block.allSatisfy({ $0 == 0 }) { return nil }
        do throws(Header.Defect) { return try Header(parsing: block[...]) } catch {
            guard error.refused, let member = error.member else {
                throw .malformed(
                    file: file.path,
                    member: error.member ?? members.last.map { "the member after \($0.path)" },
                    reason: error.reason
                )
            }
            throw .refused(file: file.path, member: member, reason: error.reason)
        }
    }

    private mutating func accept(_ header: Header, _ offset: UInt64) throws(BundleArchiveFailure) {
        let shown = Header.printable(header.name.utf8)
        guard let name = BundleArchive.MemberName(header.name) else {
            throw .refused(file: file.path, member: shown, reason: "there is no member of that name")
        }
        if let last = members.last, name <= last.name {
            let reason = name == last.name ? "it is there twice" : "it comes after \(last.path), out of order"
            throw .refused(file: file.path, member: shown, reason: reason)
        }
        let limit = limits.size(of: name)
        guard header.bytes <= limit else {
            throw .tooLarge(file: file.path, what: "the bytes of \(shown)", limit: limit)
        }
        guard members.count < limits.members else {
            throw .tooLarge(file: file.path, what: "the number of members", limit: UInt64(limits.members))
        }
        if case .document = name {
            documents += 1
            guard documents <= limits.documents else {
                throw .tooLarge(file: file.path, what: "the number of documents", limit: UInt64(limits.documents))
            }
        }
        members.append(BundleArchive.Member(name: name, size: header.bytes, offset: offset))
    }

    // Two blocks of zeros, and then no more than the zeros with which tar fills its record of twenty blocks.
    private func checkEnd(_ offset: UInt64) throws(BundleArchiveFailure) {
        let record: UInt64 = 20 * 512
        let left = size - offset
        guard left >= 2 * UInt64(Header.size) else { throw .truncated(file: file.path) }
        let least = offset + 2 * UInt64(Header.size)
        guard size == least || (size - least < record && size % record == 0),
            try read(Int(left), at: offset).allSatisfy({ $0 == 0 })
        else {
            throw .malformed(file: file.path, member: nil, reason: "something follows the end of the archive")
        }
    }

    private func read(_ count: Int, at offset: UInt64) throws(BundleArchiveFailure) -> [UInt8] {
        if count == 0 { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, SystemError> in
            do throws(SystemError) { return .success(try file.read(into: buffer, at: offset)) } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(count): return bytes
        case .success: throw .truncated(file: file.path)
        case .failure(let error): throw .system(error)
        }
    }
}
