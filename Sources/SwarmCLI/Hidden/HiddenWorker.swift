internal import SwarmEngine
internal import SwarmState

/// The program as a child of its own: the check of a state database inside the sandbox. No person calls it.
struct HiddenWorker {
    private let input: String
    private let output: String
    private let seconds: Int

    /// Nil where the arguments are a person's.
    init?(_ arguments: [String]) {
        guard arguments.count == 4, arguments[0] == StateCheckCommand.argument, let seconds = Int(arguments[3]) else {
            return nil
        }
        (input, output, self.seconds) = (arguments[1], arguments[2], seconds)
    }

    /// Does the work; the report is one line on standard output.
    func run() -> Int32 {
        print(StateDatabase.sanitiseLine(input: input, output: output, timeLimitSeconds: seconds))
        return 0
    }
}
