internal import Glibc
internal import SwarmPlatform

/// The parts of a run that both levels share: descriptors, limits, the outcome.
struct StepRun {
    let request: StepRequest
    let sink: any OutputSink
    let cancellation: Cancellation
    let limits: LimitPlan
    let terminal: Terminal?
    let start: Int64
    let null: Descriptor
    let standardOutput: Pipe
    let standardError: Pipe
    let status: Pipe
    let report: Pipe

    init(_ request: StepRequest, sink: any OutputSink, cancellation: Cancellation) throws(SandboxFailure) {
        self.request = request
        self.sink = sink
        self.cancellation = cancellation
        null = try StepRun.open("/dev/null", O_RDWR)
        standardOutput = try Pipe()
        standardError = try Pipe()
        status = try Pipe()
        report = try Pipe()
        let limits = try LimitPlan(request)
        self.limits = limits
        do throws(SandboxFailure) {
            terminal = request.input == .terminal ? try Terminal() : nil
        } catch {
            limits.group?.close()
            throw error
        }
        start = Clock.monotonic()
    }

    /// Gives everything back that outlives the processes.
    func close() {
        terminal?.restore()
        limits.group?.close()
    }

    /// A process with the run's streams and groups.
    func spawn() throws(SandboxFailure) -> Spawn {
        let inner = terminal?.inner.number
        var spawn = Spawn(
            input: inner ?? (request.input == .inherit ? STDIN_FILENO : null.number),
            output: inner ?? standardOutput.writer.number,
            error: inner ?? standardError.writer.number
        )
        spawn.report = report.writer.number
        for path in limits.group?.memberFiles ?? [] { spawn.groups.append(try StepRun.open(path, O_WRONLY)) }
        return spawn
    }

    /// Watches a started process until everything of it is gone.
    func watch(
        _ process: Int32,
        gatekeeper: (descriptor: Descriptor, memory: Int?, processes: Int?)? = nil
    ) -> StepPump {
        standardOutput.writer.close()
        standardError.writer.close()
        status.writer.close()
        report.writer.close()
        terminal?.inner.close()
        let strict = request.level == .strict
        let errors: OutputStream = terminal == nil ? .standardError : .standardOutput
        var secrets = request.masked
        // A terminal turns each line's end into two bytes.
        if terminal != nil { secrets += secrets.map { $0.flatMap { $0 == 10 ? [13, 10] : [$0] } } }
        let gate = OutputGate(
            sink: sink,
            limit: max(0, request.limits.outputBytes),
            secrets: secrets,
            start: start,
            holding: strict ? errors : nil
        )
        let streams: [(Descriptor, OutputStream)] = [
            (standardOutput.reader, .standardOutput), (standardError.reader, .standardError),
        ]
        var pump = StepPump(
            process: process,
            strict: strict,
            start: start,
            request: request,
            cancellation: cancellation,
            terminal: terminal,
            status: status.reader,
            report: report.reader,
            gatekeeper: gatekeeper,
            outputs: terminal.map { [($0.outer, .standardOutput)] } ?? streams,
            gate: gate
        )
        pump.run()
        terminal?.restore()
        return pump
    }

    /// The outcome of a step that ran, or of a program that could not be run (`code` 126 or 127).
    func outcome(_ end: (code: Int32, signal: Int32), _ pump: StepPump, refusals: [RefusalHint]) -> StepOutcome {
        let events = limits.group?.events() ?? (memory: false, processes: false)
        let exitCode = end.signal > 0 ? 128 + end.signal : end.code
        let ending = pump.stopped ?? (end.signal > 0 ? .signalled(end.signal) : .exited(end.code))
        return StepOutcome(
            ending: ending,
            exitCode: exitCode,
            outputBytes: pump.gate.count,
            outputCut: pump.gate.cut,
            limitsEngine: limits.engine,
            memoryLimitHit: events.memory,
            processLimitHit: events.processes,
            refusals: refusals,
            durationNanoseconds: Clock.monotonic() - start
        )
    }

    static func open(_ path: String, _ flags: Int32) throws(SandboxFailure) -> Descriptor {
        do throws(SystemError) { return try Descriptor.open(path, flags) } catch { throw .system(error) }
    }
}
