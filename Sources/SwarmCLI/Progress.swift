internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Says what long work is at: on a terminal one line that moves, in a log one line each few seconds. Work that has ended
/// within two seconds is not spoken of, nor any with `--quiet`. Work that knows how far it has come says so with `show`.
final class Progress: Sendable {
    private let teller: Teller?
    private let waker: Descriptor?

    init(_ console: Console) {
        var numbers: [Int32] = [-1, -1]
        guard console.loudness >= .normal, pipe(&numbers) == 0 else {
            (teller, waker) = (nil, nil)
            return
        }
        for number in numbers { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        let wakened = Descriptor(owning: numbers[0], path: "pipe")
        let teller = Teller(console, wakened)
        self.teller = teller
        waker = Descriptor(owning: numbers[1], path: "pipe")
        // It ends with the pipe's other end, which is this object's. Without a thread the work is silent, no more.
        _ = try? WorkerThread { teller.run() }
    }

    /// From now on the work is `what`, until the next `begin` or `end`.
    func begin(_ what: String) {
        teller?.begin(what)
        try? waker?.write([0])
    }

    /// From now on the line on a terminal is what `text` gives for each moment, at once; in a log it is nothing.
    func follow(_ text: @escaping @Sendable () -> String) {
        teller?.follow(text)
        try? waker?.write([0])
    }

    /// How far the work that has begun has come: the next line says it. Any thread may call it, as often as it likes.
    func show(_ progress: StoreProgress) {
        let bytes = progress.bytes > 0 ? "\(Quantity.bytes(progress.bytes)) read" : nil
        teller?.show(progress.phase, Progress.count(progress), bytes)
    }

    /// The same of a push or a pull.
    func show(_ progress: SyncProgress) { teller?.show(progress.what, Progress.amount(progress), nil) }

    /// What has begun is over; its line is taken away.
    func end() { teller?.end() }

    /// `500 of 2000 nodes (25 %)`; nil where nothing is counted.
    private static func count(_ progress: StoreProgress) -> String? {
        guard !progress.noun.isEmpty else { return nil }
        guard let total = progress.of, total > 0 else { return "\(progress.done) \(progress.noun)" }
        return "\(progress.done) of \(total) \(progress.noun) (\(min(100, progress.done * 100 / total)) %)"
    }

    /// `3.0 MiB of 20 MiB`; nil where nothing is counted.
    private static func amount(_ progress: SyncProgress) -> String? {
        func one(_ count: UInt64) -> String { progress.isBytes ? Quantity.bytes(count) : "\(count)" }
        if let total = progress.total { return "\(one(progress.done)) of \(one(total))" }
        return progress.done == 0 ? nil : one(progress.done)
    }

    /// Runs work that may take long.
    static func during<R>(_ what: String, _ console: Console, _ body: () throws -> R) rethrows -> R {
        let progress = Progress(console)
        progress.begin(what)
        defer { progress.end() }
        return try body()
    }
}

private final class Teller: Sendable {
    private struct Work {
        var what: String
        /// What stands on the line instead of `what` and how long it takes.
        var follows: (@Sendable () -> String)?
        /// How far it has come, in words: what is counted, and the bytes; nil where it does not say.
        var amount: (count: String?, bytes: String?)?
        let since: Int64
        let readBefore: UInt64
        var told: Int64
        var isDrawn = false
    }

    private static let second: Int64 = 1_000_000_000

    private let console: Console
    private let wakened: Descriptor
    private let work = Mutex<Work?>(nil)

    init(_ console: Console, _ wakened: Descriptor) {
        self.console = console
        self.wakened = wakened
    }

    func begin(_ what: String) {
        work.withLock { work in
            erase(work)
            let now = Clock.monotonic()
            work = Work(what: what, since: now, readBefore: Teller.bytesRead(), told: now - 3 * Teller.second)
        }
    }

    func follow(_ text: @escaping @Sendable () -> String) {
        guard console.colourMessages else { return }
        work.withLock { work in
            let isDrawn = work?.isDrawn ?? false
            work = Work(what: "", follows: text, since: 0, readBefore: 0, told: 0, isDrawn: isDrawn)
        }
    }

    func show(_ what: String, _ count: String?, _ bytes: String?) {
        work.withLock { work in
            work?.what = what
            work?.amount = (count, bytes)
        }
    }

    func end() {
        work.withLock { work in
            erase(work)
            work = nil
        }
    }

    func run() {
        var entry = pollfd(fd: wakened.number, events: Int16(POLLIN), revents: 0)
        while true {
            let isIdle = work.withLock { $0 == nil }
            let count = poll(&entry, 1, isIdle ? -1 : 500)
            if count > 0 {
                var byte: UInt8 = 0
                guard read(wakened.number, &byte, 1) == 1 else { return }
            }
            work.withLock { tell(&$0) }
        }
    }

    private func tell(_ work: inout Work?) {
        guard let current = work else { return }
        if let text = current.follows {
            work?.isDrawn = true
            return MovingLine.draw(text())
        }
        let now = Clock.monotonic()
        // On a terminal each time, in a log each five seconds; the first after two.
        guard now - current.since >= 2 * Teller.second,
            console.colourMessages || now - current.told >= 5 * Teller.second
        else { return }
        let amount =
            current.amount
            ?? (count: nil, bytes: "\(Quantity.bytes(Teller.bytesRead() - current.readBefore)) read")
        let parts = [amount.count, "\((now - current.since) / Teller.second) s", amount.bytes]
        let text = "\(current.what): " + parts.compactMap { $0 }.joined(separator: ", ")
        work?.told = now
        if console.colourMessages {
            work?.isDrawn = true
            MovingLine.draw(text)
        } else {
            Console.message(text)
        }
    }

    private func erase(_ work: Work?) {
        if work?.isDrawn == true { MovingLine.erase() }
    }

    /// How many bytes this process has read so far.
    private static func bytesRead() -> UInt64 {
        guard let bytes = try? Files.read("/proc/self/io", limit: 4096) else { return 0 }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("rchar: ") }
        return line.flatMap { UInt64($0.dropFirst(7)) } ?? 0
    }
}
