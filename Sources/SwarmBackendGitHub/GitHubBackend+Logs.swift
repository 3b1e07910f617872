package import SwarmBackend
internal import SwarmContracts
internal import SwarmPlatform
internal import ZipArchive

extension GitHubBackend {
    /// Logs of jobs are fetched whole, since the API knows no part of one; what was read before is left out.
    package func log(
        _ handle: RemoteHandle,
        _ cursor: inout LogCursor,
        into body: (String, [UInt8]) throws -> Void
    ) throws {
        // The run first: what ends between the two requests is read by the next call.
        let isFinal = if case .finished = try run(handle, .logs).phase { true } else { false }
        let file = "\(setting.scratch)/swarm-log-" + Hex.encode(Randomness.bytes(8))
        defer { try? Files.remove(file) }
        for job in try jobs(handle, .logs) {
            let read = cursor.read["\(job.id)"] ?? 0
            guard read >= 0, job.status != "queued" else { continue }
            let path = "/actions/jobs/\(job.id)/logs"
            guard case .done = try fetch(.logs, path, to: file, limit: 256 << 20, what: "log of \(job.name)") else {
                // A running job often has none yet.
                continue
            }
            let bytes = try Files.read(file, limit: 256 << 20)
            var rest = bytes.dropFirst(read)
            while let end = rest.firstIndex(of: 10) {
                var line = rest[..<end]
                if line.last == 13 { line = line.dropLast() }
                try body(job.name, Array(line))
                rest = rest[(end + 1)...]
            }
            if job.status == "completed" {
                if !rest.isEmpty { try body(job.name, Array(rest)) }
                cursor.read["\(job.id)"] = -1
            } else {
                cursor.read["\(job.id)"] = rest.startIndex
            }
        }
        cursor.isOpen = !isFinal
    }

    /// Writes the logs of all jobs, a file for each of their steps, into a new folder; gives their names. The run must have
    /// ended.
    package func saveLogs(_ handle: RemoteHandle, to folder: String) throws -> [String] {
        guard case .finished = try run(handle, .logs).phase else { throw GitHubFailure.notFinished }
        try Files.makeFolder(folder)
        let file = folder + "/.logs.zip"
        defer { try? Files.remove(file) }
        let path = "/actions/runs/\(try number(handle))/logs"
        switch try fetch(.logs, path, to: file, limit: 1 << 30, what: "logs of run \(handle.id)") {
        case .gone: throw GitHubFailure.artifactExpired("logs")
        case .missing: throw GitHubFailure.missing(.logs, "logs of run \(handle.id)")
        case .done: break
        }
        let limits = ZipLimits(members: 10_000, memberBytes: 1 << 30, totalBytes: 4 << 30)
        let archive = try ZipArchive(file, limits: limits)
        for member in archive.members {
            let target = folder + "/" + member.name
            try Files.makeFolder(Files.parent(of: target))
            try archive.write(member, to: target)
        }
        return archive.members.map(\.name)
    }
}
