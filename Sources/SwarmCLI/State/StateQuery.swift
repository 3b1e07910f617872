internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmState

struct StateQuery: Verb {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Answer one read-only SQL statement on a node's state database.",
        discussion: """
            The database is a copy of the node's; nothing that the statement does reaches the store.

              swarm state query @ 'select * from kv'
              swarm state query branch:idea 'select count(*) from findings' --json
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "ref"))
    var node: String

    @Argument(help: ArgumentHelp("One SQL statement.", valueName: "sql"))
    var sql: String

    @Option(help: ArgumentHelp("At most this many rows.", valueName: "n"))
    var limit: Int = 10_000

    @Option(help: ArgumentHelp("Stop after this many seconds.", valueName: "n"))
    var timeoutSecs: Int = 30

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be 1 or more.") }
        try TimeLimit.check(Int64(timeoutSecs))
    }

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let result = try store.query(
            try context.node(node, in: store),
            sql: sql,
            timeLimitSeconds: timeoutSecs,
            rowLimit: limit
        )
        if context.console.json {
            context.console.write(result.json)
        } else {
            let rows = [result.columns] + result.rows.map { $0.map(\.text) }
            context.console.write(Table.rows(rows.map { $0.map(PlainText.line) }))
            if result.truncated { context.console.warn("there are more than \(limit) rows") }
        }
        return 0
    }
}
