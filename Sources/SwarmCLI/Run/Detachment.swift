internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// `--detach`: the same command line, carried by a process that outlives the terminal.
struct Detachment {
    let context: Context

    /// Starts it and waits until the process carries the run or has refused it. Prints the run id.
    func start(_ options: inout RunOptions, store: Store) throws -> Int32 {
        let id = try options.runID.map { try RunID($0) } ?? RunID("run-" + Hex.encode(Randomness.bytes(5)))
        if try store.index.run(id.description)?.status.isFinal == true {
            throw EngineFailure.runIDTaken(id.description, status: try store.overview(id).state)
        }
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        let report = temporary.path + "/report"
        var arguments = Array(CommandLine.arguments.dropFirst())
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        // What stands behind is the step's own.
        arguments = arguments[..<end].filter { $0 != "--detach" } + arguments[end...]
        let place = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var added = ["--json"]
        if options.runID == nil { added += ["--run-id", id.description] }
        arguments.insert(
            contentsOf: added.filter { !($0 == "--json" && arguments[..<place].contains("--json")) },
            at: place
        )
        let handover = RunHandover(store, id)
        let child = try ChildProcess.startDetached(program, arguments, output: report)
        try wait(child, handover, id, store, report)
        if context.console.json {
            context.console.write(RunStatusCommand.value(try store.overview(id), store))
        } else {
            context.console.write("\(id)\n")
            context.console.say("`swarm run logs --run-id \(id) --follow` follows it", at: .normal)
        }
        return 0
    }

    /// Its own file; by the kernel's link where another version has been put there since.
    private var program: String {
        Files.realPath("/proc/self/exe") ?? "/proc/self/exe"
    }

    /// Comes back once the process carries the run or has ended it; throws what the process was refused with.
    private func wait(_ child: Int32, _ handover: RunHandover, _ id: RunID, _ store: Store, _ report: String) throws {
        while true {
            var status: Int32 = 0
            if waitpid(child, &status, WNOHANG) == child {
                // Its own word first: the run of that id may be another's.
                if let failure = Detachment.failure((try? Files.read(report)) ?? []) { throw failure }
                guard try store.index.run(id.description)?.status.isFinal == true else {
                    throw UnexpectedFailure(description: "the detached run ended before it began")
                }
                return
            }
            if handover.isTaken(by: child), try store.index.run(id.description) != nil { return }
            usleep(10_000)
        }
    }

    /// The failure that the detached process printed as JSON; nil where it printed none.
    private static func failure(_ output: [UInt8]) -> (any Failure)? {
        guard let error = (try? JSONParser.parse(output, numbers: .all))?["error"], let code = error["code"]?.text,
            let message = error["message"]?.text,
            let category = error["category"]?.text.flatMap(FailureCategory.init(rawValue:))
        else { return nil }
        return EngineFailure.shared(code: code, category: category, message: message, hint: error["hint"]?.text)
    }
}
