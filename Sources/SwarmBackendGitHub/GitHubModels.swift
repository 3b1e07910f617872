internal import SwarmBackend
internal import SwarmContracts

/// A run as the API gives it.
struct WorkflowRun {
    let id: Int64
    let title: String
    let name: String
    let status: String
    let conclusion: String?
    let headSHA: String?
    let url: String?
    let attempt: Int64

    init?(_ value: JSONValue) {
        guard let id = value["id"]?.integer, id > 0, let status = value["status"]?.text else { return nil }
        self.id = id
        self.status = status
        title = value["display_title"]?.text ?? ""
        name = value["name"]?.text ?? ""
        conclusion = value["conclusion"]?.text
        headSHA = value["head_sha"]?.text
        url = value["html_url"]?.text
        attempt = value["run_attempt"]?.integer ?? 1
    }

    var phase: RemotePhase {
        switch status {
        case "completed": .finished(RemoteConclusion(word: conclusion ?? "unknown"))
        case "in_progress": .running
        default: .queued
        }
    }

    /// What it waits for while it is queued.
    var waitsFor: String? {
        switch status {
        case "completed", "in_progress": nil
        case "waiting": "a rule of its environment, an approval say"
        case "pending": "another run of its concurrency group"
        default: "a runner"
        }
    }

    var handle: RemoteHandle { RemoteHandle(id: String(id), url: url) }
}

/// A job of a run.
struct WorkflowJob {
    let id: Int64
    let name: String
    let status: String
    let conclusion: String?
    let steps: [(name: String, status: String, conclusion: String?)]

    init?(_ value: JSONValue) {
        guard let id = value["id"]?.integer, let status = value["status"]?.text else { return nil }
        self.id = id
        self.status = status
        name = value["name"]?.text ?? "job"
        conclusion = value["conclusion"]?.text
        steps = (value["steps"]?.elements ?? []).compactMap { step in
            guard let name = step["name"]?.text, let status = step["status"]?.text else { return nil }
            return (name, status, step["conclusion"]?.text)
        }
    }

    var activity: RemoteActivity {
        let place =
            steps.lastIndex { $0.status == "in_progress" } ?? steps.lastIndex { $0.status == "completed" }
        let state: String
        switch status {
        case "completed": state = conclusion ?? "completed"
        case "in_progress": state = "running"
        default: state = "queued"
        }
        return RemoteActivity(
            job: GitHubMessage.shown(name),
            step: place.map { GitHubMessage.shown(steps[$0].name) },
            state: GitHubMessage.shown(state),
            number: place.map { $0 + 1 } ?? 0,
            count: steps.count
        )
    }
}

/// An artifact of a run.
struct Artifact {
    let id: Int64
    let name: String
    let size: Int64
    let isExpired: Bool
    let digest: Digest256?
    let expiresAt: Int64?
    let runID: Int64?

    init?(_ value: JSONValue) {
        guard let id = value["id"]?.integer, let name = value["name"]?.text else { return nil }
        self.id = id
        self.name = name
        size = value["size_in_bytes"]?.integer ?? 0
        isExpired = value["expired"] == .bool(true)
        digest = value["digest"]?.text.flatMap { Digest256($0) }
        expiresAt = value["expires_at"]?.text.flatMap { Timestamp.seconds($0) }
        runID = value["workflow_run"]?["id"]?.integer
    }
}

/// Times in UTC, as the API writes them: `2026-01-31T12:00:00Z`.
enum Timestamp {
    static func seconds(_ text: String) -> Int64? {
        let digits = text.split { !$0.isNumber }.prefix(6).compactMap { Int64($0) }
        guard digits.count == 6, text.hasSuffix("Z"), (1970...9999).contains(digits[0]), (1...12).contains(digits[1]),
            (1...31).contains(digits[2]), (0...23).contains(digits[3]), (0...59).contains(digits[4]),
            (0...60).contains(digits[5])
        else { return nil }
        // Days from 1970 in the proleptic Gregorian calendar, years from March on.
        let year = digits[1] <= 2 ? digits[0] - 1 : digits[0]
        let month = (digits[1] + 9) % 12
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + digits[2] - 1 - 719_468
        return ((days * 24 + digits[3]) * 60 + digits[4]) * 60 + digits[5]
    }

    static func text(_ seconds: Int64) -> String {
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let day = days - era * 146_097
        let yearOfEra = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)
        let time = seconds % 86_400
        func two(_ value: Int64) -> String { (value < 10 ? "0" : "") + String(value) }
        return
            "\(year)-\(two(calendarMonth))-\(two(date))T\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }

    /// The Date field of an answer (RFC 9110 section 5.6.7): `Tue, 15 Nov 1994 08:12:31 GMT`.
    static func seconds(ofField text: String) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, let month = months.firstIndex(of: String(words[2])) else { return nil }
        let day = words[1].count == 1 ? "0\(words[1])" : String(words[1])
        return seconds("\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(day)T\(words[4])Z")
    }
}
