internal import SwarmContracts

/// Sealed chunks of small contents that are wanted together: one look-up for all, and one read for each run of neighbours.
/// Nothing in it is checked yet. A chunk that could not be had this way is left out, and whoever wants it learns why.
struct ChunkBatch: Sendable {
    /// Contents of more bytes are read by themselves.
    static let largest: UInt64 = 256 << 10

    private struct Place {
        let range: Range<Int>
        let pack: String
    }

    private let bytes: [UInt8]
    private let places: [Digest256: Place]

    /// `read` fills memory with bytes of a pack, and names its file; nil where it cannot.
    init(
        _ located: [Digest256: PackLocation],
        read: (PackID, UnsafeMutableRawBufferPointer, UInt64) -> String?
    ) {
        let wanted = located.filter { $0.value.length <= ChunkBatch.largest + 64 }.sorted { one, other in
            (one.value.pack, one.value.offset) < (other.value.pack, other.value.offset)
        }
        var places: [Digest256: Place] = [:]
        places.reserveCapacity(wanted.count)
        let total = wanted.reduce(0) { $0 + Int($1.value.length) }
        bytes = [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
            let room = UnsafeMutableRawBufferPointer(buffer)
            count = total
            var start = 0
            var position = 0
            while start < wanted.count {
                let first = wanted[start].value
                var (end, length) = (start, 0)
                while end < wanted.count, wanted[end].value.pack == first.pack,
                    wanted[end].value.offset == first.offset + UInt64(length)
                {
                    length += Int(wanted[end].value.length)
                    end += 1
                }
                let run = UnsafeMutableRawBufferPointer(rebasing: room[position..<position + length])
                if let pack = read(first.pack, run, first.offset) {
                    for (name, place) in wanted[start..<end] {
                        let offset = position + Int(place.offset - first.offset)
                        places[name] = Place(range: offset..<offset + Int(place.length), pack: pack)
                    }
                } else {
                    run.initializeMemory(as: UInt8.self, repeating: 0)
                }
                (start, position) = (end, position + length)
            }
        }
        self.places = places
    }

    /// Lends a sealed chunk and names the pack it came from; nil where it is not here.
    func with<R>(_ name: Digest256, _ body: (UnsafeRawBufferPointer, String) throws -> R) rethrows -> R? {
        guard let place = places[name] else { return nil }
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[place.range]), place.pack) }
    }
}
