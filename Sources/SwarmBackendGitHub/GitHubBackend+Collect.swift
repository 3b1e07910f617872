package import SwarmBackend
package import SwarmContracts
internal import SwarmHTTP
internal import SwarmPlatform
internal import ZipArchive

extension GitHubBackend {
    private static let required = [
        ("result.json", "ARTIFACT_MISSING_RESULT"), ("next_tokens.json", "ARTIFACT_MISSING_NEXT_TOKENS"),
        ("certificate.json", "ARTIFACT_MISSING_CERTIFICATE"), ("policy.json", "ARTIFACT_MISSING_POLICY"),
    ]
    private static let optional = ["telemetry.json", "attestation.sigstore.json"]
    private static let largestDocument = 16 << 20

    package func collect(_ handle: RemoteHandle, run: RunID, into folder: String) throws -> RemoteFiles {
        let remote = try self.run(handle, .collect)
        guard case .finished(let conclusion) = remote.phase else { throw GitHubFailure.notFinished }
        let url = api.address.url("/actions/runs/\(remote.id)/artifacts?per_page=100")
        let artifacts = try api.list(.collect, url, member: "artifacts", what: "artifacts of run \(handle.id)")
            .compactMap(Artifact.init)
        let documents = "swarm-\(run)"
        let state = "state-bundle-\(run)"
        guard let record = newest(documents, artifacts, remote.id) else { throw missing(conclusion, documents) }
        var digests: [String: Digest256] = [:]
        var expiry = record.expiresAt
        let archive = try open(
            record,
            in: folder,
            limits: ZipLimits(members: 64, memberBytes: 64 << 20, totalBytes: 128 << 20),
            &digests
        )
        try unpackDocuments(archive, folder, conclusion)
        try Files.remove(archivePath(record, folder))
        if let bundle = newest(state, artifacts, remote.id) {
            let limit = setting.largestBundle
            let limits = ZipLimits(members: 4, memberBytes: limit, totalBytes: limit)
            let archive = try open(bundle, in: folder, limits: limits, &digests)
            guard let member = archive.members.first(where: { $0.name == "bundle.tar" }) else {
                throw GitHubFailure.artifactMissing(code: "ARTIFACT_MISSING_BUNDLE", name: "bundle.tar in \(state)")
            }
            try archive.write(member, to: folder + "/bundle.tar")
            try Files.remove(archivePath(bundle, folder))
            expiry = [expiry, bundle.expiresAt].compactMap { $0 }.min()
        } else if conclusion == .success {
            throw GitHubFailure.artifactMissing(code: "ARTIFACT_MISSING_BUNDLE", name: "artifact \(state)")
        }
        return RemoteFiles(
            folder: folder,
            bundleLocator: "gh-artifact://\(remote.id)/\(state)",
            digests: digests,
            expiresAt: expiry,
            attestations: try attestationsOfCertificate(folder),
            invocation: remote.url.map { "\($0)/attempts/\(remote.attempt)" }
        )
    }

    private func newest(_ name: String, _ artifacts: [Artifact], _ run: Int64) -> Artifact? {
        artifacts.filter { $0.name == name && ($0.runID == nil || $0.runID == run) }.max { $0.id < $1.id }
    }

    /// Why there is nothing: the run never came so far, or it lost its papers.
    private func missing(_ conclusion: RemoteConclusion, _ name: String) -> GitHubFailure {
        switch conclusion {
        case .success: .artifactMissing(code: "ARTIFACT_MISSING_RESULT", name: "artifact \(name)")
        case .cancelled: .ended(.cancelled)
        case .timedOut: .ended(.timedOut)
        case .failure, .other: .ended(.failed(conclusion.word))
        }
    }

    private func archivePath(_ artifact: Artifact, _ folder: String) -> String { "\(folder)/\(artifact.id).zip" }

    /// Fetches an artifact, compares it with the API's digest, and opens it.
    private func open(
        _ artifact: Artifact,
        in folder: String,
        limits: ZipLimits,
        _ digests: inout [String: Digest256]
    ) throws -> ZipArchive {
        if artifact.isExpired { throw GitHubFailure.artifactExpired(artifact.name) }
        let path = archivePath(artifact, folder)
        let download = try fetch(
            .collect,
            "/actions/artifacts/\(artifact.id)/zip",
            to: path,
            limit: limits.totalBytes + (1 << 20),
            what: "artifact \(artifact.name)"
        )
        switch download {
        case .gone: throw GitHubFailure.artifactExpired(artifact.name)
        case .missing: throw GitHubFailure.missing(.collect, "artifact \(artifact.name)")
        case .done(let download):
            if let digest = artifact.digest, digest != download.sha256 {
                throw GitHubFailure.artifactWrong(name: artifact.name, expected: digest, found: download.sha256)
            }
            digests[artifact.name] = download.sha256
        }
        return try ZipArchive(path, limits: limits)
    }

    private func unpackDocuments(_ archive: ZipArchive, _ folder: String, _ conclusion: RemoteConclusion) throws {
        func member(_ name: String) -> ZipArchive.Member? {
            archive.members.first { $0.name == name || $0.name == "documents/" + name }
        }
        for (name, code) in GitHubBackend.required {
            guard let found = member(name) else {
                // A step that made no node leaves a result alone.
                if conclusion != .success, name != "result.json", member("result.json") != nil { continue }
                throw GitHubFailure.artifactMissing(code: code, name: name)
            }
            guard found.size <= GitHubBackend.largestDocument else {
                throw GitHubFailure.artifactInvalid("\(name) has more than \(GitHubBackend.largestDocument) bytes")
            }
            try archive.write(found, to: "\(folder)/\(name)")
        }
        for name in GitHubBackend.optional {
            guard let found = member(name), found.size <= GitHubBackend.largestDocument else { continue }
            try archive.write(found, to: "\(folder)/\(name)")
        }
    }

    // MARK: - Attestations

    /// What the attestations API has for the certificate; nothing where the artifact brought one.
    private func attestationsOfCertificate(_ folder: String) throws -> [[UInt8]] {
        let certificate = folder + "/certificate.json"
        if Files.kind(folder + "/attestation.sigstore.json") != nil || Files.kind(certificate) == nil { return [] }
        return try attestations(of: .sha256(of: try Files.read(certificate)))
    }

    /// The Sigstore bundles that GitHub keeps for a file, as JSON, newest first; empty where it keeps none.
    package func attestations(of subject: Digest256) throws -> [[UInt8]] {
        let url = api.address.url("/attestations/\(subject)?per_page=30")
        let list: [JSONValue]
        do {
            list = try api.list(.collect, url, member: "attestations", what: "attestation", most: 30)
        } catch GitHubFailure.missing {
            return []
        }
        return try list.prefix(30).compactMap { entry in
            if let bundle = entry["bundle"], bundle != .null { return CanonicalJSON.encode(bundle) }
            guard let place = entry["bundle_url"]?.text else { return nil }
            guard place.hasPrefix("https://") || api.address.api.hasPrefix("http://") else {
                throw GitHubFailure.failed(.collect, "GitHub's link to an attestation is not secure", retryable: false)
            }
            // The link is signed: no token goes there.
            let request = HTTPRequest("GET", place, fields: HTTPFields([("User-Agent", "swarm")]))
            let answer = try api.send(.collect, request)
            try api.check(.collect, answer, what: "attestation's bundle")
            return try Snappy.decode(answer.body, limit: 16 << 20)
        }
    }
}
