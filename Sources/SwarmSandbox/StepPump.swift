internal import CSandbox
internal import Glibc
internal import SwarmPlatform

/// Watches one running step: reads its output, keeps its time, ends it, and sees to it that nothing of it is left.
struct StepPump {
    /// The guardian of bubblewrap or of the bare program. Without one, bubblewrap killed in its first millisecond would
    /// leave its child waiting for it for ever, and the child's remains would be the system's to bury.
    let process: Int32
    let strict: Bool
    let start: Int64
    let limits: StepLimits
    let cancellation: Cancellation
    let terminal: Terminal?
    /// bubblewrap's status.
    let status: Descriptor
    /// The guardian's report.
    let report: Descriptor
    /// Where bubblewrap waits to be let go on, with the rlimits that its child gets before.
    let gatekeeper: (descriptor: Descriptor, memory: Int?, processes: Int?)?
    var outputs: [(descriptor: Descriptor, stream: OutputStream)]
    var gate: OutputGate

    private(set) var stopped: StepEnding?
    private(set) var bubblewrap = BubblewrapStatus()
    /// Whether the kernel took the rlimits not: the step was killed before it began.
    private(set) var limitRefused = false
    private var killAt: Int64?
    private var killed = false
    private var initProcess: Descriptor?
    private var lookedForInit = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private let handle: Descriptor

    /// How bubblewrap or the bare program ended: exit code or signal, the other -1.
    private(set) var processEnd: (code: Int32, signal: Int32) = (-1, SIGKILL)

    init(
        process: Int32,
        strict: Bool,
        start: Int64,
        request: StepRequest,
        cancellation: Cancellation,
        terminal: Terminal?,
        status: Descriptor,
        report: Descriptor,
        gatekeeper: (descriptor: Descriptor, memory: Int?, processes: Int?)?,
        outputs: [(descriptor: Descriptor, stream: OutputStream)],
        gate: OutputGate
    ) {
        self.process = process
        self.strict = strict
        self.start = start
        self.limits = request.limits
        self.cancellation = cancellation
        self.terminal = terminal
        self.status = status
        self.report = report
        self.gatekeeper = gatekeeper
        self.outputs = outputs
        self.gate = gate
        handle = Descriptor(owning: swarm_pidfd_open(process), path: "process")
    }

    /// Returns when the step and everything that it started is gone and its output is read.
    mutating func run() {
        defer { buffer.deallocate() }
        while !step() {}
        var guardian: (code: Int32, signal: Int32) = (-1, -1)
        swarm_reap(process, 1, &guardian.code, &guardian.signal)
        readStatus()
        readReport()
        waitForInit()
        for index in outputs.indices.reversed() { drain(index) }
        gate.settle()
    }

    // The last one counts: a guardian whose program could not be executed reports that too, before another is tried.
    private mutating func readReport() {
        guard case .bytes(let count) = ReadResult.read(report.number, into: buffer), count >= 4 else { return }
        swarm_decode(
            buffer.loadUnaligned(fromByteOffset: count - 4, as: Int32.self),
            &processEnd.code,
            &processEnd.signal
        )
    }

    // MARK: - One turn

    private mutating func step() -> Bool {
        var waits = [pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)]
        waits.append(pollfd(fd: status.number, events: Int16(POLLIN), revents: 0))
        let signals = cancellation.descriptors
        waits.append(pollfd(fd: stopped == .cancelled ? -1 : signals.first, events: Int16(POLLIN), revents: 0))
        waits.append(pollfd(fd: killed ? -1 : signals.second, events: Int16(POLLIN), revents: 0))
        let typing = terminal?.wantsInput == true ? STDIN_FILENO : -1
        waits.append(pollfd(fd: typing, events: Int16(POLLIN), revents: 0))
        // A step that is stopping is not made to wait.
        let isFull = stopped == nil && gate.isFull
        for output in outputs {
            let events = terminal?.wantsOutput == true ? POLLIN | POLLOUT : POLLIN
            waits.append(pollfd(fd: isFull ? -1 : output.descriptor.number, events: Int16(events), revents: 0))
        }
        let ready = poll(&waits, nfds_t(waits.count), isFull ? min(timeout(), 10) : timeout())
        if ready == 0, !isFull, terminal != nil { gate.settle() }
        terminal?.followWindow()
        for index in outputs.indices.reversed() where waits[5 + index].revents != 0 { take(index) }
        if waits[4].revents != 0 { terminal?.readInput() }
        terminal?.writeInput()
        if waits[1].revents != 0 { readStatus() }
        if waits[2].revents != 0 { stop(.cancelled) }
        if waits[3].revents != 0 { killAll() }
        let now = Clock.monotonic()
        if stopped == nil, now >= deadline { stop(.timedOut) }
        if let killAt, now >= killAt { killAll() }
        return waits[0].revents != 0
    }

    private var deadline: Int64 { start + Int64(min(max(limits.wallSeconds, 0), 1 << 32)) * 1_000_000_000 }

    /// Milliseconds until something is due.
    private func timeout() -> Int32 {
        let due = killed ? Int64.max : killAt ?? (stopped == nil ? deadline : Int64.max)
        let wait = due == Int64.max ? 60_000 : max(0, min((due - Clock.monotonic()) / 1_000_000 + 1, 60_000))
        return Int32(terminal == nil ? wait : min(wait, 200))
    }

    // MARK: - Reading

    private mutating func take(_ index: Int) {
        switch ReadResult.read(outputs[index].descriptor.number, into: buffer) {
        case .bytes(let count): gate.take(outputs[index].stream, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        case .nothingYet: break
        case .end: outputs.remove(at: index)
        }
    }

    // The processes are gone. Should a stranger hold the pipe (it was passed over a socket), what is there is all we take.
    private mutating func drain(_ index: Int) {
        let stream = outputs[index].stream
        while case .bytes(let count) = ReadResult.read(outputs[index].descriptor.number, into: buffer) {
            gate.take(stream, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private mutating func readStatus() {
        while true {
            switch ReadResult.read(status.number, into: buffer) {
            case .bytes(let count):
                bubblewrap.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                findInit()
            case .nothingYet: return
            case .end:
                status.close()
                return
            }
        }
    }

    // MARK: - Ending

    private mutating func findInit() {
        guard strict, !lookedForInit, let pid = bubblewrap.childPID else { return }
        lookedForInit = true
        let opened = Descriptor(owning: swarm_pidfd_open(pid), path: "process")
        // Asked after opening: while it stands below our guardian, the number cannot have gone to a stranger.
        if opened.number >= 0, let parent = ProcessTree.parent(of: pid),
            parent == process || ProcessTree.parent(of: parent) == process
        {
            initProcess = opened
        }
        guard let gatekeeper else { return }
        if swarm_limit(pid, gatekeeper.memory.map(Int64.init) ?? -1, gatekeeper.processes.map(Int64.init) ?? -1) != 0 {
            limitRefused = true
            killAll()
        }
        _ = try? gatekeeper.descriptor.write([1])
    }

    private mutating func stop(_ reason: StepEnding) {
        stopped = stopped ?? reason
        guard killAt == nil else {
            if reason == .cancelled { stopped = .cancelled }
            return
        }
        killAt = Clock.monotonic() + Int64(max(limits.graceMilliseconds, 0)) * 1_000_000
        let root = strict ? bubblewrap.childPID : process
        if let root, !strict || initProcess != nil { ProcessTree.signal(below: root, SIGTERM) } else { killAll() }
    }

    private mutating func killAll() {
        killed = true
        if let initProcess {
            _ = swarm_pidfd_kill(initProcess.number, SIGKILL)
        } else {
            // The guardian takes this as the word to kill all.
            _ = kill(process, SIGTERM)
        }
    }

    /// A PID namespace is gone when its first process is.
    private func waitForInit() {
        guard let initProcess else { return }
        _ = swarm_pidfd_kill(initProcess.number, SIGKILL)
        var wait = pollfd(fd: initProcess.number, events: Int16(POLLIN), revents: 0)
        while poll(&wait, 1, 10_000) < 0, errno == EINTR {}
    }
}
