internal import SwarmContracts
internal import SwarmEngine

/// The end of a fan-out, as text or as one JSON object.
struct FanoutOutput {
    let console: Console

    /// Shows the report; gives the exit code.
    func show(_ report: FanoutReport, scored: Bool, signal: Int32?) -> Int32 {
        let statuses = report.branches.map(\.status)
        // One branch alone may have been stopped by `run cancel`: that is a failure among others.
        let wasCancelled = signal != nil && statuses.contains(.cancelled)
        let hasFailed = statuses.contains { $0 != .succeeded && $0 != .skipped }
        if console.json {
            console.write(
                FanoutOutput.value(report, status: wasCancelled ? "cancelled" : hasFailed ? "failed" : "succeeded")
            )
        } else {
            showText(report, scored: scored)
        }
        if wasCancelled { return 128 + (signal ?? 2) }
        return hasFailed ? FailureCategory.step.exitCode : 0
    }

    private func showText(_ report: FanoutReport, scored: Bool) {
        let pager = Pager(console: console)
        let rows = report.branches.map { branch -> [String] in
            [
                branch.label.description, branch.status.rawValue, branch.node?.short ?? "-",
                branch.runID.map { "run:\($0)" } ?? "-", FanoutOutput.details(branch).joined(separator: ", "),
            ]
        }
        // Colour goes in once the columns are laid out: it has no width.
        let labels = report.branches.map { $0.label.description.count }.max() ?? 0
        for (line, branch) in zip(Table.rows(rows).split(separator: "\n"), report.branches) {
            let status = branch.status.rawValue
            let (before, after) = (line.prefix(labels + 2), line.dropFirst(labels + 2 + status.count))
            console.write(before + pager.status(status) + after + "\n")
        }
        if let best = report.branches.first(where: { $0.label == report.best }), let score = best.score {
            console.write("best: branch:\(best.label), score \(FanoutOutput.text(score))\n")
        } else if scored {
            console.say("no branch has a score")
        }
    }

    /// What is worth a word beside the status.
    static func details(_ branch: FanoutBranch) -> [String] {
        var words: [String] = []
        switch (branch.status, branch.failure) {
        case (.failed, nil), (.succeeded, _), (.skipped, _), (.cancelled, _): break
        case (_, EngineFailure.stepFailed?): words.append("exit \(branch.exitCode ?? 1)")
        case (_, EngineFailure.timeLimit(_, let seconds)?): words.append("time limit of \(seconds) s")
        case (_, let failure?): words.append("\(failure.message) [\(failure.code)]")
        case (.interrupted, nil): break
        }
        if let duration = branch.durationNanoseconds, branch.exitCode != nil {
            words.append(Quantity.duration(duration / 1_000_000))
        }
        if let cost = branch.cost { words.append("$\(text(cost))") }
        if let score = branch.score { words.append("score \(text(score))") }
        if let reason = branch.scoreFailure { words.append("no score: \(reason)") }
        return words
    }

    /// A number without the `.0` of a whole one.
    static func text(_ number: Double) -> String {
        String(decoding: CanonicalJSON.encode(RunCost.value(number)), as: UTF8.self)
    }

    static func value(_ report: FanoutReport, status: String) -> JSONValue {
        [
            "status": .string(status), "operation": "fanout", "parent_node_id": .string(report.parent.description),
            "branches": .array(report.branches.map(value)), "best": JSONValue(report.best?.description),
            "cost_usd": RunCost.value(report.cost),
        ]
    }

    private static func value(_ branch: FanoutBranch) -> JSONValue {
        [
            "label": .string(branch.label.description), "line": JSONValue(branch.line),
            "command": .string(branch.command), "run_id": JSONValue(branch.runID?.description),
            "status": .string(branch.status.rawValue), "exit_code": JSONValue(branch.exitCode),
            "node_id": JSONValue(branch.node?.description),
            "duration_ms": JSONValue(branch.durationNanoseconds.map { $0 / 1_000_000 }),
            "metrics": branch.metrics ?? .null, "cost_usd": RunCost.value(branch.cost),
            "score": RunCost.value(branch.score),
            "score_error": JSONValue(branch.scoreFailure),
            "error": branch.failure.map { Console.errorBody($0) } ?? .null,
            "warnings": .array(branch.warnings.map(JSONValue.string)),
        ]
    }
}
