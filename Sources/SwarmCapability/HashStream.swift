internal import CSHA256
package import SwarmContracts

/// SHA-256 (FIPS 180-4) of one message that comes piece by piece, by itself or side by side with another.
///
/// It is for the store's bytes alone, of which there are gigabytes: two messages at once take little longer than one. Whatever is
/// short, or decides whom to believe, is hashed by `Digest256`. Where the processor has no instructions for it, that does
/// this work too, one message after the other.
package struct HashStream {
    private enum State {
        case extensions(swarm_sha256)
        case library(Digest256.Hasher)
    }

    private static let hasExtensions = swarm_sha256_available() != 0
    /// Bytes of a block.
    private static let block = 64

    private var state: State

    package init() { self.init(extensions: HashStream.hasExtensions) }

    /// Without `extensions` as on a processor that has none.
    init(extensions: Bool) {
        guard extensions, HashStream.hasExtensions else {
            state = .library(Digest256.Hasher())
            return
        }
        var message = swarm_sha256()
        swarm_sha256_begin(&message)
        state = .extensions(message)
    }

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .extensions(var message):
            swarm_sha256_update(&message, bytes.baseAddress, bytes.count)
            state = .extensions(message)
        case .library(var hasher):
            hasher.update(bytes)
            state = .library(hasher)
        }
    }

    /// Adds `ones` to one message and `others` to another.
    package static func update(
        _ one: inout HashStream,
        _ ones: UnsafeRawBufferPointer,
        _ other: inout HashStream,
        _ others: UnsafeRawBufferPointer
    ) {
        guard case .extensions(var first) = one.state, case .extensions(var second) = other.state else {
            one.update(ones)
            other.update(others)
            return
        }
        swarm_sha256_update_two(&first, ones.baseAddress, ones.count, &second, others.baseAddress, others.count)
        one.state = .extensions(first)
        other.state = .extensions(second)
    }

    /// The hash of all that was added.
    package consuming func finish() -> Digest256 {
        switch state {
        case .extensions(var message):
            var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            return withUnsafeMutableBytes(of: &digest) { bytes in
                guard let base = bytes.baseAddress else { return Digest256.zero }
                swarm_sha256_finish(&message, base.assumingMemoryBound(to: UInt8.self))
                return Digest256(loading: base)
            }
        case .library(let hasher): return hasher.finish()
        }
    }

    /// The hashes of several whole messages, in their order; two are always on their way.
    package static func hashes(of messages: [UnsafeRawBufferPointer]) -> [Digest256] {
        var hashes = [Digest256](repeating: .zero, count: messages.count)
        var next = 0
        func begin() -> Lane? {
            guard next < messages.count else { return nil }
            defer { next += 1 }
            return Lane(number: next, rest: messages[next], stream: HashStream())
        }
        var (one, other) = (begin(), begin())
        while var a = one, var b = other {
            let count = min(a.rest.count, b.rest.count) / block * block
            update(&a.stream, a.take(count), &b.stream, b.take(count))
            // The shorter has less than a block left.
            if a.rest.count < block { hashes[a.number] = a.finish() }
            if b.rest.count < block { hashes[b.number] = b.finish() }
            (one, other) = (a.isDone ? begin() : a, b.isDone ? begin() : b)
        }
        if var last = one ?? other { hashes[last.number] = last.finish() }
        return hashes
    }

    private struct Lane {
        let number: Int
        var rest: UnsafeRawBufferPointer
        var stream: HashStream
        var isDone = false

        mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
            defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
            return UnsafeRawBufferPointer(rebasing: rest[..<count])
        }

        mutating func finish() -> Digest256 {
            stream.update(rest)
            isDone = true
            return stream.finish()
        }
    }
}
