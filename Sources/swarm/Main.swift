import SwarmCLI

@main
enum Main {
    static func main() {
        Program.run(CommandLine.arguments)
    }
}
