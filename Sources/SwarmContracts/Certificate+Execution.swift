extension Certificate {
    /// How the step was executed: what really held, not what was asked for.
    package struct Execution: Hashable, Sendable {
        package let status: RunStatus
        /// The step's own exit code, 128 and the signal's number where one ended it, 0 where no step ran.
        package let exitCode: Int
        package let restoreMode: RestoreMode
        package let sandbox: Sandbox
        package let limits: Limits
        package let route: Route
        /// Of a run on somebody else's machine, what the key opens that its worker was given; nil at home.
        package let workerKey: WorkerKeyScope?

        package init(
            status: RunStatus,
            exitCode: Int,
            restoreMode: RestoreMode,
            sandbox: Sandbox,
            limits: Limits,
            route: Route,
            workerKey: WorkerKeyScope? = nil
        ) {
            self.status = status
            self.exitCode = exitCode
            self.restoreMode = restoreMode
            self.sandbox = sandbox
            self.limits = limits
            self.route = route
            self.workerKey = workerKey
        }

        init(members: MemberReader) throws(DocumentFailure) {
            status = try members.required("status", .word)
            exitCode = try members.required("exit_code", .integer())
            restoreMode = try members.required("restore_mode", .word)
            sandbox = try Sandbox(members: members.object("sandbox"))
            limits = try Limits(members: members.object("limits"))
            route = try Route(members: members.object("route"))
            workerKey = try members.optional("worker_key", .word)
        }

        var value: JSONValue {
            var members: [String: JSONValue] = [
                "status": .word(status), "exit_code": JSONValue(exitCode), "restore_mode": .word(restoreMode),
                "sandbox": sandbox.value, "limits": limits.value, "route": route.value,
            ]
            // Left out at home, so that what was written before keeps its bytes.
            if let workerKey { members["worker_key"] = .word(workerKey) }
            return .object(members)
        }
    }

    /// What shut the step in, and how far.
    package struct Sandbox: Hashable, Sendable {
        /// How far the step was shut in.
        package enum Level: String, Sendable, CaseIterable {
            case strict
            case none
        }

        /// `bubblewrap`, or `none`.
        package let engine: String
        package let level: Level

        package init(engine: String, level: Level) {
            self.engine = engine
            self.level = level
        }

        init(members: MemberReader) throws(DocumentFailure) {
            engine = try members.required("engine", .text)
            level = try members.required("level", .word)
        }

        var value: JSONValue { ["engine": .string(engine), "level": .word(level)] }
    }

    /// What held the step to its limits.
    package struct Limits: Hashable, Sendable {
        /// `cgroup-v2`, `cgroup-v1`, `rlimit`, or `none`.
        package let engine: String

        package init(engine: String) { self.engine = engine }

        init(members: MemberReader) throws(DocumentFailure) { engine = try members.required("engine", .text) }

        var value: JSONValue { ["engine": .string(engine)] }
    }

    /// The route that the step had.
    package struct Route: Hashable, Sendable {
        package let mode: RouteMode
        /// The digest of the forwarder's hash-chained log, where there is one.
        package let evidenceSHA256: Digest256?
        /// Whether a fall-back to the host's network was allowed.
        package let directFallback: Bool

        package init(mode: RouteMode, evidenceSHA256: Digest256? = nil, directFallback: Bool = false) {
            self.mode = mode
            self.evidenceSHA256 = evidenceSHA256
            self.directFallback = directFallback
        }

        init(members: MemberReader) throws(DocumentFailure) {
            mode = try members.required("mode", .word)
            evidenceSHA256 = try members.nullable("evidence_sha256", .digest)
            directFallback = try members.required("direct_fallback", .boolean)
        }

        var value: JSONValue {
            [
                "mode": .word(mode), "evidence_sha256": .digest(evidenceSHA256),
                "direct_fallback": .bool(directFallback),
            ]
        }
    }
}
