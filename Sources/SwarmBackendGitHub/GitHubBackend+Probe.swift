package import SwarmBackend
internal import SwarmContracts
internal import SwarmHTTP

extension GitHubBackend {
    package func probe() -> [BackendFinding] {
        var findings: [BackendFinding] = []
        guard let repository = probeRepository(&findings) else { return findings }
        findings.append(probeActions())
        findings.append(probeWorkflow())
        findings += probePin(branch: repository["default_branch"]?.text ?? "main")
        findings += probeKeys()
        findings.append(probeRetention())
        findings.append(probeLimit())
        return findings
    }

    private func failed(_ name: String, _ error: any Error, isNeeded: Bool, advice: String?) -> BackendFinding {
        let failure = error as? any Failure
        return BackendFinding(
            "github \(name)",
            works: false,
            isNeeded: isNeeded,
            failure?.message ?? "\(error)",
            advice: advice ?? failure?.hint
        )
    }

    /// Repository, token and clock in one request; nil where there is no use in asking for more.
    private func probeRepository(_ findings: inout [BackendFinding]) -> JSONValue? {
        do {
            let answer = try api.answer(.setup, api.address.url(""), what: "repository \(api.address)")
            let repository = try api.json(.setup, answer)
            let scopes = answer.fields["x-oauth-scopes"].map { "scopes \($0.isEmpty ? "none" : $0)" }
            let mayPush = repository["permissions"]?["push"]
            let isEnough = mayPush != .bool(false)
            findings.append(
                BackendFinding(
                    "github token",
                    works: isEnough,
                    isNeeded: true,
                    "\(scopes ?? "a fine-grained or app token")\(isEnough ? "" : ", may not write to \(api.address)")",
                    advice: "a dispatch needs actions: write (a classic token: the scopes repo and workflow)"
                )
            )
            let isArchived = repository["archived"] == .bool(true) || repository["disabled"] == .bool(true)
            findings.append(
                BackendFinding(
                    "github repository",
                    works: !isArchived,
                    isNeeded: true,
                    "\(api.address), \(repository["private"] == .bool(true) ? "private" : "public")"
                        + (isArchived ? ", archived or disabled" : ""),
                    advice: "no workflow runs there: choose another with `swarm config set github.repository o/r`"
                )
            )
            findings += answer.fields["date"].flatMap(Timestamp.seconds(ofField:)).map { probeClock($0) } ?? []
            return repository
        } catch {
            findings.append(failed("repository", error, isNeeded: true, advice: nil))
            return nil
        }
    }

    private func probeClock(_ theirs: Int64) -> [BackendFinding] {
        let difference = api.pacer.now() - theirs
        return [
            BackendFinding(
                "github clock",
                works: abs(difference) < 120,
                isNeeded: false,
                abs(difference) < 3 ? "agrees with this machine's" : "this machine's is \(difference) s away",
                advice: "set this machine's clock (NTP): searches and expiry depend on it"
            )
        ]
    }

    private func probeActions() -> BackendFinding {
        do {
            let value = try api.get(.setup, api.address.url("/actions/permissions"), what: "settings of Actions")
            let isEnabled = value["enabled"] != .bool(false)
            let allowed = value["allowed_actions"]?.text ?? "all"
            return BackendFinding(
                "github actions",
                works: isEnabled,
                isNeeded: true,
                isEnabled ? "enabled, allowed actions: \(allowed)" : "disabled",
                advice: "switch them on: Settings, Actions, General"
            )
        } catch {
            // Only an administrator may ask.
            return BackendFinding(
                "github actions",
                works: true,
                isNeeded: false,
                "not known: the token may not read the settings"
            )
        }
    }

    private func probeWorkflow() -> BackendFinding {
        do {
            let path = "/actions/workflows/\(GitHubAddress.escaped(setting.workflow))"
            let value = try api.get(.setup, api.address.url(path), what: "workflow \(setting.workflow)")
            let state = value["state"]?.text ?? "unknown"
            return BackendFinding(
                "github workflow",
                works: state == "active",
                isNeeded: true,
                "\(value["path"]?.text ?? setting.workflow), \(state)",
                advice: "enable it: `gh workflow enable \(setting.workflow)`"
            )
        } catch {
            let advice = "`swarm init --backend github` writes it; commit and push it to the default branch"
            return failed("workflow", error, isNeeded: true, advice: advice)
        }
    }

    /// Whether the pin is a commit that is there, and the one that the caller on the default branch uses.
    private func probePin(branch: String) -> [BackendFinding] {
        guard let pin = setting.pin else {
            return [
                BackendFinding(
                    "github pin",
                    works: false,
                    isNeeded: true,
                    "no workflow_ref is set",
                    advice: "`swarm config set github.workflow_ref owner/repo/.github/workflows/swarm-run.yml@<commit>`"
                )
            ]
        }
        var findings: [BackendFinding] = []
        let place = pin.path.split(separator: "/").prefix(2).joined(separator: "/")
        do {
            let url = "\(api.address.api)/repos/\(place)/commits/\(pin.commit)"
            let value = try api.get(.setup, url, what: "commit \(pin.commit) in \(place)")
            let isThere = value["sha"]?.text == pin.commit
            findings.append(
                BackendFinding(
                    "github pin",
                    works: isThere,
                    isNeeded: true,
                    isThere ? "\(place) has \(pin.commit.prefix(12))" : "\(place) answers with another commit",
                    advice: "pin a commit of \(place) that is there"
                )
            )
        } catch {
            findings.append(failed("pin", error, isNeeded: true, advice: "pin a commit of \(place) that is there"))
        }
        do {
            let path = "/contents/.github/workflows/\(GitHubAddress.escaped(setting.workflow))"
            let url = api.address.url(path + "?ref=\(GitHubAddress.escaped(branch))")
            let answer = try api.answer(
                .setup,
                url,
                what: "\(setting.workflow) on \(branch)",
                accept: "application/vnd.github.raw+json"
            )
            let text = String(decoding: answer.body, as: UTF8.self)
            let used = CallerWorkflow.uses(in: text)
            // Without that line a run's own key never reaches its worker.
            let handsOn = !setting.usesRunKeys || text.contains("SWARM_RUN_KEY_")
            let agrees = used == pin.description && handsOn
            findings.append(
                BackendFinding(
                    "github caller",
                    works: agrees,
                    isNeeded: true,
                    agrees
                        ? "\(branch) uses the pin"
                        : handsOn
                            ? "\(branch) uses \(used ?? "no pinned workflow")"
                            : "\(branch) does not hand on the key of a run",
                    advice: "`swarm init --backend github --workflow-ref \(pin)` writes it anew; commit and push it"
                )
            )
        } catch { findings.append(failed("caller", error, isNeeded: true, advice: nil)) }
        return findings
    }

    private func probeRetention() -> BackendFinding {
        do {
            let url = api.address.url("/actions/permissions/artifact-and-log-retention")
            let value = try api.get(.setup, url, what: "retention")
            let days = value["days"]?.integer ?? 90
            return BackendFinding(
                "github retention",
                works: days >= 7,
                isNeeded: false,
                "artifacts and logs are kept for \(days) days",
                advice: "collect sooner than that, or raise it: Settings, Actions, General"
            )
        } catch {
            return BackendFinding(
                "github retention",
                works: true,
                isNeeded: false,
                "not known: the token may not read the settings; GitHub's default is 90 days"
            )
        }
    }

    private func probeLimit() -> BackendFinding {
        guard let limit = api.rateLimit else {
            return BackendFinding("github rate limit", works: true, isNeeded: false, "the server names none")
        }
        let minutes = max(0, limit.reset - api.pacer.now()) / 60
        return BackendFinding(
            "github rate limit",
            works: limit.remaining > 100,
            isNeeded: false,
            "\(limit.remaining) requests left, reset in \(minutes) min",
            advice: "wait for the reset: swarm does so by itself, for 15 min at most"
        )
    }
}
