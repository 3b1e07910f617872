internal import SwarmCapability
internal import SwarmContracts
internal import SwarmHTTP
internal import SwarmPlatform
internal import Synchronization

/// What signs a request to S3.
package struct S3Credentials: Sendable {
    /// Public.
    package let accessKey: String
    let secretKey: SecretText
    /// Of temporary credentials.
    let token: SecretText?
    /// When they end, in seconds since 1970; nil where they do not, or nobody said.
    package let end: Int64?

    /// Nil where the access key id is no word of ASCII, or a secret could not stand in a header field.
    package init?(accessKey: String, secretKey: String, token: String? = nil, end: Int64? = nil) {
        func isWord(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 } }
        guard isWord(accessKey), !accessKey.contains("/"), !secretKey.isEmpty, token.map(isWord) ?? true else {
            return nil
        }
        (self.accessKey, self.secretKey) = (accessKey, SecretText(secretKey))
        (self.token, self.end) = (token.map { SecretText($0) }, end)
    }
}

/// Credentials for as long as somebody asks: one's own, or what a lender gives, asked for anew before it ends. For any number of
/// threads.
package final class S3CredentialSource: Sendable {
    private enum State {
        case own(S3Credentials)
        /// What was lent last, and until when the lender is not to be asked again though that is about to end.
        case lent(S3Credentials?, pause: Int64)
    }

    /// Lent credentials are exchanged so many seconds before they end: a request may be under way for a while.
    private static let margin: Int64 = 300
    /// A lender that fails while there is time left is asked again after so many seconds.
    private static let pause: Int64 = 60

    /// Nil where the credentials are one's own.
    package let lender: S3Lender?
    private let state: Mutex<State>

    package init(_ own: S3Credentials) {
        lender = nil
        state = Mutex(.own(own))
    }

    package init(_ lender: S3Lender) {
        self.lender = lender
        state = Mutex(.lent(nil, pause: 0))
    }

    /// Credentials that are good now. Throws what `S3Lender.lend` throws.
    func credentials(
        for remote: String,
        over transport: any HTTPTransport,
        now: Int64 = Clock.nowSeconds()
    ) throws -> S3Credentials {
        try state.withLock { state in
            guard case .lent(let held, let pause) = state, let lender else {
                guard case .own(let credentials) = state else {
                    throw RemoteFailure.credentialsMissing(remote: remote, why: "nobody lends any")
                }
                return credentials
            }
            if let held, let end = held.end, end - S3CredentialSource.margin > now || end > now && pause > now {
                return held
            }
            do {
                let fresh = try lender.lend(for: remote, over: transport, now: now)
                state = .lent(fresh, pause: 0)
                return fresh
            } catch {
                guard let held, let end = held.end, end > now else { throw error }
                state = .lent(held, pause: now + S3CredentialSource.pause)
                return held
            }
        }
    }
}
