package import SwarmBackend
package import SwarmCapability
internal import SwarmContracts

/// Keys of one run each, as secrets of the repository. A secret of an environment would not do: the caller's job cannot look one
/// up by a name that is made at run time, and the called workflow gets none of another repository's.
extension GitHubBackend {
    private static let prefix = "SWARM_RUN_KEY_"

    /// The name of the secret, as the caller's workflow makes it from the request id.
    static func runSecret(_ requestID: String) -> String { prefix + requestID.uppercased() }

    package func lend(_ key: SecretText, requestID: String) throws -> KeyLoan {
        let name = GitHubBackend.runSecret(requestID)
        guard name.utf8.allSatisfy({ (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }) else {
            return .refused("no secret can be named for this request")
        }
        do {
            try putSecret("/actions", name, key, what: "secrets of \(api.address)")
            return .lent
        } catch let failure as GitHubFailure {
            switch failure {
            case .refused, .missing, .failed(_, _, retryable: false): return .refused(failure.message)
            default: throw failure
            }
        }
    }

    package func takeBack(requestID: String) throws {
        try delete("/actions/secrets/\(GitHubBackend.runSecret(requestID))", what: "secrets of \(api.address)")
    }

    /// Takes away keys that were left behind by commands that were killed: a run is at its end long before.
    func sweepRunKeys() throws {
        let url = api.address.url("/actions/secrets?per_page=100")
        let secrets: [JSONValue]
        do {
            secrets = try api.list(.setup, url, member: "secrets", what: "secrets of \(api.address)")
        } catch GitHubFailure.refused { return } catch GitHubFailure.missing { return }
        for secret in secrets {
            guard let name = secret["name"]?.text, name.hasPrefix(GitHubBackend.prefix),
                let changed = secret["updated_at"]?.text.flatMap({ Timestamp.seconds($0) }),
                changed + GitHubBackend.epochSeconds < api.pacer.now()
            else { continue }
            try delete("/actions/secrets/\(GitHubAddress.escaped(name))", what: "secrets of \(api.address)")
        }
    }

    /// What serves a run: a key of its own, or one that serves others too.
    func probeKeys() -> [BackendFinding] {
        var findings: [BackendFinding] = []
        if setting.usesRunKeys {
            let url = api.address.url("/actions/secrets/public-key")
            if (try? api.get(.setup, url, what: "public key for secrets")) != nil {
                let detail = "one for each run, taken away behind it"
                findings.append(BackendFinding("github worker key", works: true, isNeeded: false, detail))
            }
        }
        let hasRunKeys = !findings.isEmpty
        findings.append(probeEpochKey(isNeeded: !hasRunKeys))
        findings += probeOperator()
        return findings
    }

    private func probeEpochKey(isNeeded: Bool) -> BackendFinding {
        let name = "github epoch key"
        let advice = "`swarm backend github setup` makes the key pair and puts it there"
        let role =
            isNeeded ? "serves every run: who has it opens all requests of its epoch" : "serves where a run has none"
        do {
            let url = api.address.url("\(keyBase)/secrets/\(GitHubBackend.keySecret)")
            let value = try api.get(.setup, url, what: "secret \(GitHubBackend.keySecret)")
            let there = try variable(keyBase, GitHubBackend.keyVariable)
            if let there, let ours = setting.epochKeyID, there != ours {
                return BackendFinding(
                    name,
                    works: false,
                    isNeeded: isNeeded,
                    "it is \(there), which another store's setup put there, and this store seals for \(ours)",
                    advice:
                        "agree on one store that sets it, or let runs have their own; `backend github setup` replaces it"
                )
            }
            let changed = value["updated_at"]?.text
            let age = changed.flatMap { Timestamp.seconds($0) }.map { api.pacer.now() - $0 } ?? 0
            return BackendFinding(
                name,
                works: age <= GitHubBackend.epochSeconds,
                isNeeded: false,
                "set \(changed ?? "at a time unknown"); \(role)",
                advice: "it is older than seven days: `swarm backend github setup` makes another"
            )
        } catch GitHubFailure.refused {
            return BackendFinding(name, works: true, isNeeded: false, "not known: the token may not read secrets")
        } catch {
            let failure = error as? any Failure
            return BackendFinding(
                name,
                works: false,
                isNeeded: isNeeded,
                failure?.message ?? "\(error)",
                advice: advice
            )
        }
    }

    /// Whether a worker takes requests of anybody; whose is compared by the worker.
    private func probeOperator() -> [BackendFinding] {
        guard let value = try? variable(keyBase, GitHubBackend.operatorVariable) else { return [] }
        let count = value.split(separator: " ").count
        return [
            BackendFinding(
                "github operators",
                works: count > 0,
                isNeeded: true,
                "workers take requests of \(count)",
                advice: "`swarm backend github setup` adds this store's"
            )
        ]
    }
}
