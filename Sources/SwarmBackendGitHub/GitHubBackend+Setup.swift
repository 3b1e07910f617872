package import SwarmCapability
internal import SwarmContracts
internal import SwarmHTTP

extension GitHubBackend {
    /// The name of the secret that holds the worker's private key.
    package static let keySecret = "SWARM_WORKER_KEY"
    /// The name of the variable that holds the operator's did:key.
    package static let operatorVariable = "SWARM_OPERATOR"

    /// Makes the environment where it is not there, and puts the worker's key and the operator's name into it. May be called
    /// again: a new key replaces the old one.
    package func setUp(workerKey: SecretText, operatorDID: String) throws {
        let environment = "/environments/\(GitHubAddress.escaped(setting.environment))"
        let what = "environment \(setting.environment) of \(api.address)"
        let made = try api.send(.setup, try api.request("PUT", api.address.url(environment), body: [:]))
        try api.check(.setup, made, what: what)
        try putSecret(environment, GitHubBackend.keySecret, workerKey, what: what)
        try putVariable(environment, GitHubBackend.operatorVariable, operatorDID, what: what)
    }

    private func putSecret(_ environment: String, _ name: String, _ secret: SecretText, what: String) throws {
        let keyURL = api.address.url("\(environment)/secrets/public-key")
        let key = try api.get(.setup, keyURL, what: "public key of the \(what)")
        guard let id = key["key_id"]?.text, let text = key["key"]?.text, let raw = Base64.decode(text, .standard),
            let sealed = SealedBox.seal(secret, to: raw)
        else { throw GitHubFailure.failed(.setup, "GitHub's key for secrets cannot be used", retryable: false) }
        let body: JSONValue = ["encrypted_value": .string(Base64.encode(sealed, .standard)), "key_id": .string(id)]
        let url = api.address.url("\(environment)/secrets/\(name)")
        try api.check(.setup, try api.send(.setup, try api.request("PUT", url, body: body)), what: what)
    }

    private func putVariable(_ environment: String, _ name: String, _ value: String, what: String) throws {
        let body: JSONValue = ["name": .string(name), "value": .string(value)]
        let url = api.address.url("\(environment)/variables/\(name)")
        let changed = try api.send(.setup, try api.request("PATCH", url, body: body))
        guard changed.status == 404 else { return try api.check(.setup, changed, what: what) }
        let all = api.address.url("\(environment)/variables")
        try api.check(.setup, try api.send(.setup, try api.request("POST", all, body: body)), what: what)
    }
}
