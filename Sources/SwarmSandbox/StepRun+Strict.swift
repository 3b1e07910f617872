internal import CSandbox
internal import Glibc
internal import SwarmPlatform

extension StepRun {
    /// Runs the step under bubblewrap.
    func strict() throws(SandboxFailure) -> StepOutcome {
        guard let program = Bubblewrap.find() else { throw Bubblewrap.notInstalled }
        let path = request.environment.first { $0.name == "PATH" }?.value ?? "/usr/local/bin:/usr/bin:/bin"
        let tools = try ToolRules(
            blocked: request.blockedTools,
            allowed: request.allowedTools,
            path: path,
            advisory: request.advisory
        )
        var spawn = try spawn()
        let workspace: String
        switch request.workspace {
        case .directory(let directory): workspace = directory
        case .overlay(let lower, let upper, let work):
            spawn.overlay = (lower, upper, work)
            spawn.userNamespace = !SystemView.mayMount
            workspace = upper
        }
        let layout = SandboxLayout(request, workspace: workspace, secrets: SystemView.secrets(), tools: tools)
        try MountPoints.check(request, layout.operations)
        let gate = limits.engine == .resourceLimits ? try Pipe(patient: true) : nil
        let options = BubblewrapArguments.options(
            request,
            layout: layout,
            environment: environment(tools),
            statusDescriptor: 4,
            blockDescriptor: gate.map { _ in 5 },
            userNamespace: !SystemView.mayMount
        )
        let arguments = try file(BubblewrapArguments.encode(options))
        spawn.program = program
        spawn.extra = [arguments.number, status.writer.number] + (gate.map { [$0.reader.number] } ?? [])
        spawn.argv = ["bwrap", "--args", "3", "--"] + (try command(given(&spawn)))
        switch spawn.start() {
        case .failure(let failure): throw startFailure(failure)
        case .success(let process):
            gate?.reader.close()
            let pump = watch(process, gatekeeper: gate.map { ($0.writer, limits.memory, limits.processes) })
            return try finish(pump, layout, path)
        }
    }

    private func startFailure(_ failure: Spawn.Failure) -> SandboxFailure {
        switch failure.stage {
        case stage(SWARM_STAGE_OVERLAY), stage(SWARM_STAGE_NAMESPACE): .overlayUnavailable(failure.number)
        case stage(SWARM_STAGE_EXEC) where failure.number == ENOENT: Bubblewrap.notInstalled
        default: .system(SystemError("start", "bubblewrap", failure.number))
        }
    }

    private func environment(_ tools: ToolRules) -> [EnvironmentVariable] {
        guard !tools.links.isEmpty else { return request.environment }
        return request.environment.filter { $0.name != "PATH" } + [EnvironmentVariable("PATH", ToolRules.folder)]
    }

    /// The step's command. In a terminal it needs a session of its own that owns the terminal: bubblewrap must not be in it,
    /// or Ctrl-C would end bubblewrap and with it a step that handles the signal.
    private func command(_ program: String?) throws(SandboxFailure) -> [String] {
        let words = [program ?? request.argv[0]] + request.argv.dropFirst()
        guard terminal != nil else { return words }
        let places: [String] = ["/usr/bin/setsid", "/bin/setsid"]
        guard let setsid = places.first(where: { access($0, X_OK) == 0 }) else {
            throw .setup("a terminal needs the program setsid (package util-linux)")
        }
        return [setsid, "-c", "-w"] + words
    }

    private func file(_ bytes: [UInt8]) throws(SandboxFailure) -> Descriptor {
        let number = swarm_memory_file("bwrap-arguments")
        guard number >= 0 else { throw .system(.last("make", "a file in memory")) }
        let file = Descriptor(owning: number, path: "memory")
        do throws(SystemError) { try file.write(bytes) } catch { throw .system(error) }
        lseek(number, 0, SEEK_SET)
        return file
    }

    private func finish(_ pump: StepPump, _ layout: SandboxLayout, _ path: String) throws(SandboxFailure) -> StepOutcome
    {
        var pump = pump
        if pump.limitRefused {
            throw .limitUnenforceable(item: limits.memory == nil ? "limits.max_processes" : "limits.max_memory_bytes")
        }
        if let code = pump.bubblewrap.exitCode {
            pump.gate.finish()
            let signal: Int32 = (129...159).contains(code) ? code - 128 : -1
            let hints = code == 0 ? [] : refusals(pump, layout, path)
            return outcome((signal > 0 ? -1 : code, signal), pump, refusals: hints)
        }
        // Without a status of the step bubblewrap ended by our hand, by a stranger's, or before the step began.
        if pump.stopped != nil || pump.processEnd.signal > 0 {
            pump.gate.finish()
            return outcome((-1, SIGKILL), pump, refusals: [])
        }
        let words = pump.gate.takeHeld()
        guard words.hasPrefix("bwrap: execvp ") else { throw Bubblewrap.failure(words) }
        let missing = words.hasSuffix("No such file or directory\n")
        var hints: [RefusalHint] = []
        for folder in path.split(separator: ":") where missing && !request.argv[0].hasPrefix("/") {
            let candidate = "\(folder)/\(request.argv[0])"
            guard access(candidate, X_OK) == 0, !isVisible(candidate, layout) else { continue }
            let flag = "--allow-read \(folder)"
            hints.append(RefusalHint(message: "\(candidate) is not visible in the sandbox", flag: flag))
        }
        if missing, request.argv[0].hasPrefix("/"), Files.realPath(request.argv[0]) != nil {
            let message = "\(request.argv[0]) or its interpreter is not visible in the sandbox"
            hints.append(RefusalHint(message: message, flag: "--allow-read \(Files.parent(of: request.argv[0]))"))
        }
        return notRun(missing, &pump, refusals: hints)
    }

    private func refusals(_ pump: StepPump, _ layout: SandboxLayout, _ path: String) -> [RefusalHint] {
        RefusalHints.find(
            in: pump.gate.tail,
            network: request.network,
            exists: { Files.kind($0) != nil },
            visible: { isVisible($0, layout) },
            writable: { layout.source(of: $0)?.mount.writable ?? false }
        )
    }

    private func isVisible(_ path: String, _ layout: SandboxLayout) -> Bool {
        if PathName.lies(path, under: request.workdir) { return true }
        let own = ["/bin", "/sbin", "/lib", "/lib64", "/proc", "/dev", "/var/tmp"]
        if own.contains(where: { PathName.lies(path, under: $0) }) { return true }
        return layout.source(of: path).map { Files.kind($0.host) != nil } ?? false
    }
}
