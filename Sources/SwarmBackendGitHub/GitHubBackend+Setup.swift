package import SwarmCapability
internal import SwarmContracts
internal import SwarmHTTP

/// The key that serves where a run has none of its own, and whose requests a worker takes.
extension GitHubBackend {
    /// The name of the secret that holds the worker's private key.
    package static let keySecret = "SWARM_WORKER_KEY"
    /// The name of the variable that holds the did:keys of the operators, with spaces between.
    package static let operatorVariable = "SWARM_OPERATOR"
    /// The name of the variable that holds the id of the worker's key.
    package static let keyVariable = "SWARM_WORKER_KEY_ID"
    /// How long a worker's key serves, in seconds, before `doctor` asks for another.
    package static let epochSeconds: Int64 = 7 * 86_400

    /// Makes the environment where it is not there, puts the worker's key and its id there and adds the operator to those whose
    /// requests a worker takes. Takes away keys of runs that no run can need any more. May be called again: a new key replaces
    /// the old one, whoever set that.
    package func setUp(workerKey: SecretText, keyID: String, operatorDID: String) throws {
        let environment = "/environments/\(GitHubAddress.escaped(setting.environment))"
        let what = "environment \(setting.environment) of \(api.address)"
        let made = try api.send(.setup, try api.request("PUT", api.address.url(environment), body: [:]))
        try api.check(.setup, made, what: what)
        if !keepsEpochKeyInEnvironment {
            // One that stands there would come before the repository's.
            try delete("\(environment)/secrets/\(GitHubBackend.keySecret)", what: what)
            try delete("\(environment)/variables/\(GitHubBackend.operatorVariable)", what: what)
        }
        try putSecret(keyBase, GitHubBackend.keySecret, workerKey, what: what)
        try putVariable(keyBase, GitHubBackend.keyVariable, keyID, what: what)
        var operators =
            try variable(keyBase, GitHubBackend.operatorVariable)?.split(separator: " ").map(String.init) ?? []
        if !operators.contains(operatorDID) { operators.append(operatorDID) }
        try putVariable(keyBase, GitHubBackend.operatorVariable, operators.joined(separator: " "), what: what)
        try sweepRunKeys()
    }

    /// Whether the worker's key lies in the environment: GitHub gives secrets of one to jobs of a called workflow only where
    /// that workflow lies in the same repository.
    package var keepsEpochKeyInEnvironment: Bool {
        guard let pin = setting.pin else { return false }
        let place = pin.path.split(separator: "/").prefix(2).joined(separator: "/")
        return place.lowercased() == api.address.description.lowercased()
    }

    /// The path below which the worker's key and the variables lie.
    var keyBase: String {
        keepsEpochKeyInEnvironment ? "/environments/\(GitHubAddress.escaped(setting.environment))" : "/actions"
    }

    func putSecret(_ base: String, _ name: String, _ secret: SecretText, what: String) throws {
        let keyURL = api.address.url("\(base)/secrets/public-key")
        let key = try api.get(.setup, keyURL, what: "public key of the \(what)")
        guard let id = key["key_id"]?.text, let text = key["key"]?.text, let raw = Base64.decode(text, .standard),
            let sealed = SealedBox.seal(secret, to: raw)
        else { throw GitHubFailure.failed(.setup, "GitHub's key for secrets cannot be used", retryable: false) }
        let body: JSONValue = ["encrypted_value": .string(Base64.encode(sealed, .standard)), "key_id": .string(id)]
        let url = api.address.url("\(base)/secrets/\(name)")
        try api.check(.setup, try api.send(.setup, try api.request("PUT", url, body: body)), what: what)
    }

    /// Deletes; what is not there is deleted.
    func delete(_ path: String, what: String) throws {
        let answer = try api.send(.setup, try api.request("DELETE", api.address.url(path)))
        if answer.status != 404 { try api.check(.setup, answer, what: what) }
    }

    /// A variable's value; nil where there is none.
    func variable(_ base: String, _ name: String) throws -> String? {
        do {
            return try api.get(.setup, api.address.url("\(base)/variables/\(name)"), what: name)["value"]?.text
        } catch GitHubFailure.missing { return nil }
    }

    private func putVariable(_ base: String, _ name: String, _ value: String, what: String) throws {
        let body: JSONValue = ["name": .string(name), "value": .string(value)]
        let url = api.address.url("\(base)/variables/\(name)")
        let changed = try api.send(.setup, try api.request("PATCH", url, body: body))
        guard changed.status == 404 else { return try api.check(.setup, changed, what: what) }
        let all = api.address.url("\(base)/variables")
        try api.check(.setup, try api.send(.setup, try api.request("POST", all, body: body)), what: what)
    }
}
