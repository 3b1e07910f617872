internal import Glibc
internal import SwarmPlatform

/// Runs steps, one a call.
///
/// When `run` returns or throws, every process of the step is gone and so is what was made for it outside: cgroups, mounts,
/// descriptors. When the calling process dies instead, the step is killed by the kernel (level `none`: by its guardian).
package final class StepExecutor: Sendable {
    package init() {}

    /// Runs a step to its end on the calling thread, which must not be cancelled meanwhile: the step dies with it.
    ///
    /// A program that is not there is an outcome (127, or 126 where it is no program), not a failure. Throws
    /// `SandboxFailure` where the step was not started, or not with everything that the request demands.
    package func run(
        _ request: StepRequest,
        sink: any OutputSink,
        cancellation: Cancellation
    ) throws(SandboxFailure) -> StepOutcome {
        let request = try RequestCheck.normalised(request)
        let run = try StepRun(request, sink: sink, cancellation: cancellation)
        defer { run.close() }
        return try request.level == .strict ? run.strict() : run.bare()
    }
}

/// What is checked before anything is made.
enum RequestCheck {
    /// The request with clean paths. Throws `.invalid` for what contradicts itself.
    static func normalised(_ request: StepRequest) throws(SandboxFailure) -> StepRequest {
        var request = request
        guard !request.argv.isEmpty, request.argv[0] != "" else { throw .invalid("the step names no program") }
        let strings = request.argv + request.environment.flatMap { [$0.name, $0.value] }
        guard !strings.contains(where: { $0.utf8.contains(0) }) else {
            throw .invalid("an argument or variable of the step holds a zero byte")
        }
        guard !request.environment.contains(where: { $0.name.isEmpty || $0.name.utf8.contains(UInt8(ascii: "=")) })
        else {
            throw .invalid("a variable of the step has an impossible name")
        }
        request.workdir = Files.absolute(request.workdir)
        request.mounts = request.mounts.map {
            Mount(host: Files.absolute($0.host), target: Files.absolute($0.target), writable: $0.writable)
        }
        let home = request.home
        request.home = Mount(host: Files.absolute(home.host), target: Files.absolute(home.target), writable: true)
        request.environment.removeAll { $0.name == "PWD" }
        request.environment.append(EnvironmentVariable("PWD", request.workdir))
        return request.level == .strict ? try strict(request) : try bare(request)
    }

    private static func strict(_ request: StepRequest) throws(SandboxFailure) -> StepRequest {
        for target in [request.workdir, request.home.target] {
            let reserved = ["/proc", "/sys"].contains { PathName.lies(target, under: $0) }
            if reserved || ["/", "/dev", "/tmp", "/usr", "/etc"].contains(target) {
                throw .invalid("\(target) cannot be the workspace's or the home's path inside a sandbox")
            }
        }
        var hosts = request.mounts.map(\.host) + [request.home.host, request.temporary]
        switch request.workspace {
        case .directory(let path): hosts.append(path)
        case .overlay(let lower, let upper, let work): hosts += lower + [upper, work]
        }
        if let missing = hosts.first(where: { Files.realPath($0) == nil }) {
            throw .invalid("\(missing), which the step is to see, does not exist")
        }
        return request
    }

    private static func bare(_ request: StepRequest) throws(SandboxFailure) -> StepRequest {
        guard case .directory(let directory) = request.workspace, Files.realPath(directory) != nil else {
            throw .invalid("without a sandbox the workspace has to be a directory that exists")
        }
        for (tools, item) in [(request.blockedTools, "blocked_tools"), (request.allowedTools, "allowed_tools")] {
            if let tool = tools.first, !request.advisory.contains(item) {
                throw .toolUnenforceable(tool: tool, reason: "there is no sandbox at level none")
            }
        }
        return request
    }
}
