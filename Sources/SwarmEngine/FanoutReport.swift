package import SwarmContracts

/// What a person asks of `run fanout`.
package struct FanoutOptions: Sendable {
    /// What holds for every step. Its command and run id are ignored; its node is the one that all start from.
    package var run: RunOptions
    package var steps: FanoutSteps
    /// How many run at one time; 1 or more.
    package var jobs: Int
    /// A line of shell that scores a successful branch: the last number that it prints.
    package var select: String?
    /// No more are started once the steps have reported costs of this many dollars.
    package var budget: Double?

    package init(run: RunOptions, steps: FanoutSteps, jobs: Int, select: String? = nil, budget: Double? = nil) {
        self.run = run
        self.steps = steps
        self.jobs = jobs
        self.select = select
        self.budget = budget
    }
}

/// How a branch of a fan-out stands at its end.
package enum FanoutStatus: String, Sendable {
    case succeeded, failed, cancelled
    /// Never started: the budget was spent.
    case skipped
    /// The step ran, but what it left could not be kept: `run recover` may still make a node of it.
    case interrupted
}

/// What became of one branch.
package struct FanoutBranch: Sendable {
    package let label: Label
    /// The line of the steps file.
    package let line: Int
    /// The step as a person reads it, at most 200 characters.
    package let command: String
    package var status: FanoutStatus
    /// nil where no run came about.
    package var runID: RunID?
    package var exitCode: Int?
    package var node: NodeID?
    package var durationNanoseconds: Int64?
    /// What the last attempt wrote to SWARM_METRICS.
    package var metrics: JSONValue?
    /// What all attempts of the step say they cost, in dollars; nil where none says anything.
    package var cost: Double?
    /// The score that the select command gave; nil where it gave none or there is no such command.
    package var score: Double?
    /// Why a successful branch has no score.
    package var scoreFailure: String?
    package var failure: (any Failure)?
    package var warnings: [String] = []
}

/// What a fan-out came to.
package struct FanoutReport: Sendable {
    /// The node that all started from.
    package let parent: NodeID
    /// In the byte order of their labels.
    package let branches: [FanoutBranch]
    /// The branch with the highest score; of several the first by label. nil where nothing has a score.
    package let best: Label?
    /// The sum of the steps' reported costs in dollars.
    package let cost: Double

    init(parent: NodeID, branches: [FanoutBranch]) {
        self.parent = parent
        self.branches = branches.sorted { one, other in
            one.label.description.utf8.lexicographicallyPrecedes(other.label.description.utf8)
        }
        var best: FanoutBranch?
        for branch in self.branches {
            guard let score = branch.score else { continue }
            if let leader = best?.score, leader >= score { continue }
            best = branch
        }
        self.best = best?.label
        cost = branches.reduce(0) { $0 + ($1.cost ?? 0) }
    }
}

/// What a fan-out tells while it goes on. Branches are named by their place in the steps file, from 0.
package enum FanoutEvent: Sendable {
    /// What the import of the project tells, where the fan-out starts from it.
    case parent(RunEvent)
    /// Everything was checked, nothing is started yet.
    case ready(parent: NodeID, labels: [Label], jobs: Int)
    case started(Int, RunID)
    case note(Int, RunEvent)
    /// What a backend that carries it tells.
    case remote(Int, RemoteNote)
    case scoring(Int)
    case finished(Int, FanoutBranch)
}

/// Whoever watches a fan-out. Called from many threads.
package protocol FanoutObserver: Sendable {
    func note(_ event: FanoutEvent)
}
