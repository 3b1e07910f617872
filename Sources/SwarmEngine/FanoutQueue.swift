internal import SwarmContracts
internal import SwarmSandbox
internal import SwarmState
internal import Synchronization

/// Hands out the steps in the order of the file.
final class FanoutQueue: Sendable {
    enum Reason { case run, budget, cancelled }

    private let count: Int
    private let budget: Double?
    private let cancellation: Cancellation
    private let state = Mutex<(next: Int, spent: Double)>((0, 0))

    init(count: Int, budget: Double?, cancellation: Cancellation) {
        self.count = count
        self.budget = budget
        self.cancellation = cancellation
    }

    /// The next step and what is to be done with it; nil where none is left.
    func next() -> (Int, Reason)? {
        state.withLock { state in
            guard state.next < count else { return nil }
            defer { state.next += 1 }
            if cancellation.requested { return (state.next, .cancelled) }
            if let budget, state.spent >= budget { return (state.next, .budget) }
            return (state.next, .run)
        }
    }

    func spend(_ cost: Double) { state.withLock { $0.spent += cost } }
}

extension Store {
    /// The labels of a fan-out's steps, none of which is a branch yet. Throws exit 2 where one is.
    func labels(of steps: FanoutSteps) throws -> [Label] {
        let labels = try steps.labels { label in
            // A run of an earlier fan-out that failed has the name too, and left no branch.
            try index.branchTip(label) != nil || index.run(label.description) != nil
        }
        let taken = try zip(steps.steps, labels).filter { try index.branchTip($1) != nil }
        if let (step, label) = taken.first {
            throw FanoutFailure.labelTaken(
                file: steps.file,
                line: step.line,
                label: label.description,
                more: taken.count - 1
            )
        }
        return labels
    }

    /// The label as a run id, with `.2`, `.3`, .. behind it where that is taken.
    func freeRunID(_ label: Label) throws -> RunID {
        let reserved = (try? RunID(label.description)) == nil
        let base = (reserved ? "run-" : "") + label.description
        var text = base
        var number = 1
        while try index.run(text) != nil {
            number += 1
            text = "\(base.prefix(Name.longest - 8)).\(number)"
        }
        return try RunID(text)
    }
}
