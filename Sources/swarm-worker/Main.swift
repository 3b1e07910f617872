import SwarmWorker

@main
enum Main {
    static func main() {
        WorkerProgram.run(CommandLine.arguments)
    }
}
