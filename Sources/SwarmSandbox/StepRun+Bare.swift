internal import CSandbox
internal import Glibc
internal import SwarmPlatform

extension StepRun {
    /// Runs the step as the user, with a guardian that ends whatever it leaves behind.
    func bare() throws(SandboxFailure) -> StepOutcome {
        guard case .directory(let directory) = request.workspace else {
            throw .invalid("without a sandbox the workspace has to be a directory that exists")
        }
        var spawn = try spawn()
        spawn.environment = request.environment.map { $0.name + "=" + $0.value }
        spawn.directory = directory
        spawn.terminal = terminal != nil
        spawn.addressSpace = limits.memory
        var reason = ENOENT
        for program in given(&spawn).map({ [$0] }) ?? programs() {
            spawn.program = program
            spawn.argv = request.argv
            var result = spawn.start()
            if case .failure(let failure) = result, failure.stage == stage(SWARM_STAGE_EXEC), failure.number == ENOEXEC
            {
                // A script without a first line of its own, which the C library and every shell hand to sh.
                spawn.program = "/bin/sh"
                spawn.argv = ["sh", program] + request.argv.dropFirst()
                result = spawn.start()
            }
            switch result {
            case .success(let process):
                let pump = watch(process)
                return outcome(pump.processEnd, pump, refusals: [])
            case .failure(let failure):
                guard failure.stage == stage(SWARM_STAGE_EXEC) else {
                    throw .system(SystemError("start", request.argv[0], failure.number))
                }
                if failure.number != ENOENT { reason = failure.number }
            }
        }
        return try notRun(reason)
    }

    /// Hands the request's open program on; gives the path under which the child finds it.
    func given(_ spawn: inout Spawn) -> String? {
        guard let program = request.program else { return nil }
        spawn.extra.append(program.number)
        return "/proc/self/fd/\(2 + spawn.extra.count)"
    }

    /// The files that the program's name may stand for.
    private func programs() -> [String] {
        let name = request.argv[0]
        if name.utf8.contains(UInt8(ascii: "/")) { return [name] }
        let path = request.environment.first { $0.name == "PATH" }?.value ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { $0 + "/" + name }.filter { Files.realPath($0) != nil }
    }

    private func notRun(_ reason: Int32) throws(SandboxFailure) -> StepOutcome {
        // A process that ends at once stands in for the step, so that its streams are closed in the one usual way.
        switch try spawn().start() {
        case .failure(let failure): throw .system(SystemError("start", request.argv[0], failure.number))
        case .success(let process):
            var pump = watch(process)
            return notRun(reason == ENOENT, &pump, refusals: [])
        }
    }

    /// Says that the program could not be run and gives the outcome that a shell would.
    func notRun(_ missing: Bool, _ pump: inout StepPump, refusals: [RefusalHint]) -> StepOutcome {
        let words = missing ? "command not found" : "cannot be executed"
        pump.gate.say("swarm: \(request.argv[0]): \(words)", on: terminal == nil ? .standardError : .standardOutput)
        return outcome((missing ? 127 : 126, -1), pump, refusals: refusals)
    }

    func stage(_ stage: swarm_stage) -> Int { Int(stage.rawValue) }
}
