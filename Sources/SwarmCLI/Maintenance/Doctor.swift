internal import ArgumentParser
internal import SwarmBackend
internal import SwarmBackendGitHub
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmState

struct Doctor: Verb {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out what this machine can do, and whether the store is well.",
        discussion: "Exit code 1 where a step could not run under the default sandbox, or the store cannot be used."
    )

    @OptionGroup var global: GlobalOptions

    /// One thing that was looked at.
    private struct Finding {
        let name: String
        let works: Bool
        /// Without it no step runs by default.
        let isNeeded: Bool
        let detail: String
        let advice: String?
    }

    func perform(_ context: Context) throws -> Int32 {
        let layout = try? context.layout()
        let folder = layout.map(\.tmp).flatMap { Files.kind($0) == .directory ? $0 : nil } ?? "/tmp"
        var findings = [
            Finding(name: "kernel", works: true, isNeeded: false, detail: Machine.kernel, advice: nil)
        ]
        findings += SandboxProbe.examine(directory: folder).items.map { item in
            Finding(
                name: item.name,
                works: item.works,
                isNeeded: item.name == "bubblewrap" || item.name == "user_namespaces",
                detail: item.detail,
                advice: item.advice
            )
        }
        if let layout { findings += examine(layout, context) }
        if let finding = examineSettings(context) { findings.append(finding) }
        findings.append(examineTrust())
        findings += examineGitHub(context)
        let broken = findings.contains { $0.isNeeded && !$0.works }
        if context.console.json {
            context.console.write([
                "status": broken ? "unusable" : "ok", "store": JSONValue(layout?.root),
                "findings": .array(
                    findings.map {
                        [
                            "name": .string($0.name), "ok": .bool($0.works), "needed": .bool($0.isNeeded),
                            "detail": .string($0.detail), "advice": JSONValue($0.advice),
                        ]
                    }
                ),
            ])
        } else {
            let pager = Pager(console: context.console)
            for finding in findings {
                let mark = finding.works ? pager.added("ok   ") : finding.isNeeded ? pager.removed("BAD  ") : "no   "
                context.console.write("\(mark) \(finding.name): \(finding.detail)\n")
                if !finding.works, let advice = finding.advice { context.console.write("      \(advice)\n") }
            }
            if layout == nil { context.console.say("no store here; `swarm init` makes one") }
        }
        return broken ? 1 : 0
    }

    /// A settings file that does not hold; nil where all do.
    private func examineSettings(_ context: Context) -> Finding? {
        do {
            _ = try context.settings()
            return nil
        } catch {
            let failure = error as? any Failure
            return Finding(
                name: "settings",
                works: false,
                isNeeded: true,
                detail: failure?.message ?? "\(error)",
                advice: failure?.hint
            )
        }
    }

    /// What of GitHub can be used, where the project or a setting names it. None of it is needed for a step here.
    private func examineGitHub(_ context: Context) -> [Finding] {
        guard let settings = try? context.settings(),
            settings.text("github.workflow_ref") != nil || settings.text("run.backend") == "github"
        else { return [] }
        func finding(_ name: String, _ works: Bool, _ detail: String, _ advice: String?) -> Finding {
            Finding(name: name, works: works, isNeeded: false, detail: detail, advice: advice)
        }
        do {
            let limits = try RemoteLimits.parse(["--timeout-secs", "20", "--max-attempts", "2"])
            let backend = try GitHubWiring(context: context).backend(limits)
            var findings = backend.probe().map { finding($0.name, $0.works, $0.detail, $0.advice) }
            let key = try (try? context.layout())?.workerKey(of: backend.place)
            findings.append(
                finding(
                    "worker key here",
                    key != nil,
                    key.map { "public half \($0.id)" } ?? "none for \(backend.place)",
                    "`swarm backend github setup` makes the key pair"
                )
            )
            return findings
        } catch {
            let failure = error as? any Failure
            return [finding("github", false, failure?.message ?? "\(error)", failure?.hint)]
        }
    }

    private func examineTrust() -> Finding {
        func finding(_ works: Bool, _ detail: String, _ advice: String?) -> Finding {
            Finding(name: "trusted roots", works: works, isNeeded: false, detail: detail, advice: advice)
        }
        let advice =
            "`swarm trust import FILE` installs one; collecting from GitHub needs it, and `verify` with a certificate's signer"
        do {
            guard let newest = try TrustStore.ofUser()?.entries().last else { return finding(false, "none", advice) }
            let age = Clock.nowSeconds() - newest.installedAt
            let detail = "the newest was installed \(Quantity.ago(age))"
            return age > TrustStore.oldAge
                ? finding(false, detail, "take it anew: \(advice)") : finding(true, detail, nil)
        } catch {
            let failure = error as? any Failure
            return finding(false, failure?.message ?? "\(error)", failure?.hint)
        }
    }

    private func examine(_ layout: StoreLayout, _ context: Context) -> [Finding] {
        do {
            let store = try context.store()
            var findings = [
                Finding(
                    name: "store",
                    works: true,
                    isNeeded: true,
                    detail: "\(layout.root), key \(store.publicKey.keyID)",
                    advice: nil
                ),
                Finding(
                    name: "key at rest",
                    works: true,
                    isNeeded: false,
                    detail: store.publicKey.isWrapped ? "wrapped under a passphrase" : "plain, mode 0600",
                    advice: nil
                ),
            ]
            let waiting = try store.index.runningRuns(limit: 100).map { try store.overview($0) }
                .filter { $0.state == "interrupted" }.map(\.row.runID)
            findings.append(
                Finding(
                    name: "interrupted runs",
                    works: waiting.isEmpty,
                    isNeeded: false,
                    detail: waiting.isEmpty ? "none" : waiting.joined(separator: ", "),
                    advice: "`swarm run recover --run-id ID` keeps what one left"
                )
            )
            return findings
        } catch {
            let failure = error as? any Failure
            return [
                Finding(
                    name: "store",
                    works: false,
                    isNeeded: true,
                    detail: failure?.message ?? "\(error)",
                    advice: failure?.hint
                )
            ]
        }
    }
}
