/// A stream of the step's output. A terminal has one stream alone, the first.
package enum OutputStream: String, Sendable, CaseIterable {
    case standardOutput, standardError
}

/// Takes a step's output.
package protocol OutputSink: Sendable {
    /// Takes some bytes, already masked and within the limit; they are not cut at lines. `offset` is in nanoseconds since
    /// the step's start and never goes back. Called on the thread that called `run`, which keeps the
    /// step's time limit and cancellation: it must not wait for anybody.
    func receive(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer, offset: Int64)
    /// Whether the step should wait with more; what comes nevertheless, as when it is stopping, is to be taken. It is asked
    /// often, on the same thread.
    var isFull: Bool { get }
}

extension OutputSink {
    package var isFull: Bool { false }
}

/// How a step ended.
package enum StepEnding: Sendable, Equatable {
    case exited(Int32)
    /// By this signal. bubblewrap reports 128 + n, as shells do, so an exit with 129 to 159 counts as a signal too.
    case signalled(Int32)
    /// Stopped at its limit of wall time.
    case timedOut
    /// Stopped by `Cancellation`.
    case cancelled
}

/// What held the limits of memory and processes.
package enum LimitsEngine: String, Sendable, CaseIterable {
    case controlGroup2 = "cgroup-v2"
    case controlGroup1 = "cgroup-v1"
    case resourceLimits = "rlimit"
    /// Nothing was asked for, or only as advice that this machine cannot enforce.
    case none
}

/// Something that the sandbox refused the step, as far as its output tells.
package struct RefusalHint: Sendable, Equatable {
    /// One sentence.
    package let message: String
    /// The flag that would allow it, where there is one.
    package let flag: String?
}

/// What became of a step.
package struct StepOutcome: Sendable {
    package let ending: StepEnding
    /// The exit status as a shell gives it: 128 + n for a signal. Set for a time-out and a cancel too.
    package let exitCode: Int32
    /// Bytes handed to the sink, the cut mark left out.
    package let outputBytes: Int
    /// Whether output was dropped at the limit.
    package let outputCut: Bool
    package let limitsEngine: LimitsEngine
    /// Whether the kernel killed something of the step for want of memory.
    package let memoryLimitHit: Bool
    /// Whether the step was refused a process.
    package let processLimitHit: Bool
    /// Empty for a step that succeeded or had no sandbox.
    package let refusals: [RefusalHint]
    package let durationNanoseconds: Int64

    /// Whether the step ended by itself with status 0.
    package var succeeded: Bool { ending == .exited(0) }
}
