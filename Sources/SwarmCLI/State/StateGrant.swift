internal import ArgumentParser
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

struct StateGrant: Verb {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Mint a token that opens a node.",
        discussion: """
            The token is sealed for its recipient and works until it expires. Together with the node's bundle it lets \
            another store take the node in; in this store it makes a branch.

              swarm state grant @ --out token
              swarm state grant branch:idea --to colleague.pub --expires 7d --out token
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "ref"))
    var node: String

    @Option(
        help: ArgumentHelp(
            "operator, the id of an imported recipient, or a file with a recipient line.",
            valueName: "who"
        )
    )
    var to: String = "operator"

    @Option(help: ArgumentHelp("How long it works: 90s, 30m, 24h, 7d.", valueName: "time"))
    var expires: String = "24h"

    @Option(help: ArgumentHelp("Write it to this new file, mode 0600, instead of standard output.", valueName: "file"))
    var out: String?

    func perform(_ context: Context) throws -> Int32 {
        let seconds = try Lifetime.seconds(expires)
        let target = try out.map { try GivenPath.placeForFile($0, "--out", fresh: true) }
        let store = try context.store()
        let recipient = try to == "operator" ? nil : store.recipient(to)
        let token = try store.grant(try store.resolve(node), to: recipient, lifetimeSeconds: seconds)
        if let out, let target {
            try token.withText { try Files.write(Array(($0 + "\n").utf8), to: target, mode: 0o600, exclusive: true) }
            context.console.say("\(token) is in \(out)")
        } else if !context.console.json {
            token.withText { context.console.write($0 + "\n") }
        }
        if context.console.json {
            context.console.write([
                "token": .string("\(token)"), "digest": .string(token.digest.description), "file": JSONValue(out),
                "node_id": .string(token.claims.subject.description),
                "expires_at_unix": .integer(token.claims.expiresAt),
            ])
        }
        return 0
    }

    func validate() throws {
        // With --json standard output shows the redacted form alone, so the token itself needs a file.
        if global.json, out == nil { throw ValidationError("With --json give --out FILE for the token itself.") }
    }
}

/// A length of time as a person writes it.
enum Lifetime {
    static func seconds(_ text: String) throws -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()), count > 0,
            count <= 36_500
        else { throw UsageFailure(message: "--expires: '\(Name.shown(text))' is no time like 90s, 30m, 24h or 7d") }
        return count * unit
    }
}
