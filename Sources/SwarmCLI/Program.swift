internal import ArgumentParser
internal import CPlatform
package import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// The program: from arguments to an exit code.
package enum Program {
    /// The version that `--version` prints.
    package static let version = "0.1.0"

    /// Runs one command line (the program's name first) and ends the process with its exit code.
    package static func run(_ arguments: [String]) -> Never {
        if arguments.dropFirst() == ["--version"] {
            print("swarm \(version)")
            exit(0)
        }
        swarm_tune_allocator()
        keepOutputNumbers()
        // A reader that goes away (`swarm log | head -1`) is no failure: the write's EPIPE ends the program quietly.
        signal(SIGPIPE, SIG_IGN)
        // Who started the program may have had it ignored, and then no child's end could be waited for.
        signal(SIGCHLD, SIG_DFL)
        exit(execute(LeadingOptions.moved(Array(arguments.dropFirst()))))
    }

    /// Where standard output or standard error is closed, its number is taken up, by what cannot be written to: else the next
    /// file that is opened would get the number, and what is printed.
    private static func keepOutputNumbers() {
        for number: Int32 in 1...2 where fcntl(number, F_GETFD) < 0 {
            let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
            if file >= 0, file != number {
                dup2(file, number)
                close(file)
            }
        }
    }

    private static func execute(_ arguments: [String]) -> Int32 {
        if let worker = HiddenWorker(arguments) { return worker.run() }
        let console = Console(for: arguments)
        do {
            var command = try SwarmCommand.parseAsRoot(arguments)
            if let verb = command as? any Verb {
                return try verb.perform()
            }
            try command.run()
            return 0
        } catch is ClosedOutput {
            return 0
        } catch let failure as any Failure {
            return report(failure, to: console)
        } catch {
            return usage(error, arguments, console)
        }
    }

    /// Prints a failure in the form that the output options ask for; gives the exit code.
    static func report(_ failure: any Failure, to console: Console) -> Int32 {
        console.report(failure)
        return exitCode(failure)
    }

    /// The one place where an error becomes an exit code.
    static func exitCode(_ failure: any Failure) -> Int32 {
        if let interrupted = failure as? any InterruptedFailure { return 128 + interrupted.signal }
        return failure.category.exitCode
    }

    private static func usage(_ error: any Error, _ arguments: [String], _ console: Console) -> Int32 {
        let code = SwarmCommand.exitCode(for: error)
        let text = SwarmCommand.fullMessage(for: error)
        if code.isSuccess {
            console.write(text + "\n")
            return 0
        }
        if code == ExitCode.validationFailure || error is ValidationError {
            if let unknown = UnknownCommand(in: arguments) {
                return report(UsageFailure(message: unknown.message, hint: UnknownCommand.hint), to: console)
            }
            let message = SwarmCommand.message(for: error)
            // `swarm run launch make test`: what everybody types first.
            if message.lowercased().contains("unexpected argument"), text.contains("-- [<cmd> ...]") {
                let hint = "put the step behind --, as in `swarm run launch -- make test`"
                return report(UsageFailure(message: message, hint: hint), to: console)
            }
            console.reportUsage(UsageFailure(message: message, hint: UnknownCommand.hint), full: text)
            return 2
        }
        return report(UnexpectedFailure(description: SwarmCommand.message(for: error)), to: console)
    }
}

/// A failure that a signal caused: its exit code is 128 and the signal's number.
package protocol InterruptedFailure: Failure {
    var signal: Int32 { get }
}

/// The command line itself is wrong.
struct UsageFailure: Failure {
    let message: String
    var hint: String?
    var code: String { "USAGE" }
    var category: FailureCategory { .invalidInput }
}

/// An error that no room has given a form: a defect.
struct UnexpectedFailure: Failure {
    let description: String
    var code: String { "INTERNAL" }
    var category: FailureCategory { .defect }
    var message: String { description }
}

/// Standard output was closed by its reader.
struct ClosedOutput: Error {}
