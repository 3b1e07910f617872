internal import SwarmContracts
internal import SwarmPlatform

/// Lays a change over a directory in which somebody may have worked meanwhile.
///
/// - A file that the user changed is never overwritten: it is merged with the node's where both are text and changed
///   different lines, and is a conflict otherwise.
/// - Nothing is written outside the directory, through a link, or into `.git` or `.swarm`.
/// - Each file is whole at every moment, the old one or the new; a kill loses nothing. What it leaves behind are names that
///   begin with `.swarm-apply-`; the next apply of the same change removes those that hold nothing of the user's.
package enum WorkingTree {
    /// Texts longer than this are not merged.
    static let largestMerge: UInt64 = 16 << 20

    /// Finds out what is to be done, reading the directory and, where texts must be merged, `source`. Writes nothing.
    ///
    /// Only paths where `base` and `theirs` differ need be in `changes`. Folders above a path need not be there.
    /// `theirsLabel` stands behind the second marker of a conflict. Throws `WorkingTreeFailure` and what `source` throws.
    package static func plan(
        directory: String,
        changes: [PathChange],
        source: any ContentSource,
        style: ConflictStyle,
        theirsLabel: String = "node"
    ) throws -> ApplyPlan {
        var planner = Planner(
            top: try system { () throws(SystemError) in try Folder(top: directory) },
            plan: ApplyPlan(directory: Files.absolute(directory), style: style),
            merging: TextMerging(source: source, theirsLabel: theirsLabel)
        )
        try planner.run(changes)
        return planner.plan
    }

    /// Does it. With the style `refuse`, conflicts in the plan, or found before the first file is put in place, are thrown
    /// and nothing is written. What the user changes while files are put in place is left alone and reported.
    /// Throws `WorkingTreeFailure` and what `source` throws.
    package static func apply(_ plan: ApplyPlan, source: any ContentSource) throws -> ApplyReport {
        try apply(plan, source: source, testOnlyInterrupt: nil)
    }

    static func apply(
        _ plan: ApplyPlan,
        source: any ContentSource,
        testOnlyInterrupt: ((ApplyMoment) throws -> Void)?
    ) throws -> ApplyReport {
        if plan.style == .refuse, !plan.conflicts.isEmpty { throw WorkingTreeFailure.conflicts(plan.conflicts) }
        var applier = Applier(
            top: try system { () throws(SystemError) in try Folder(top: plan.directory) },
            plan: plan,
            source: source,
            interrupt: testOnlyInterrupt
        )
        return try applier.run()
    }

    static func system<Value>(_ body: () throws(SystemError) -> Value) throws(WorkingTreeFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }
}
