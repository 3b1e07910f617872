/// The right to one session of a broker (`agent_swarm-net-cap-proxy-v1`). It holds a secret: it travels sealed.
package struct Ticket: Document {
    package static let name = "ticket"
    static let schemaVersion = "agent_swarm-net-cap-proxy-v1"

    /// Whether the session leads through a provider, or the broker is its own exit.
    package enum Mode: String, Sendable, CaseIterable {
        case proxy
        case direct
    }

    package let mode: Mode
    package let sessionID: String
    package let token: TicketToken
    /// `host:port` of the broker.
    package let brokerAddress: String
    package let issuedAtUnix: Int64
    /// Null: the session's end alone ends it.
    package let expiresAtUnix: Int64?
    /// The SHA-256 of the broker's certificate (DER).
    package let brokerCertSHA256: Digest256?
    package let allowHosts: [String]?

    package init(
        mode: Mode,
        sessionID: String,
        token: TicketToken,
        brokerAddress: String,
        issuedAtUnix: Int64,
        expiresAtUnix: Int64?,
        brokerCertSHA256: Digest256?,
        allowHosts: [String]?
    ) {
        self.mode = mode
        self.sessionID = sessionID
        self.token = token
        self.brokerAddress = brokerAddress
        self.issuedAtUnix = issuedAtUnix
        self.expiresAtUnix = expiresAtUnix
        self.brokerCertSHA256 = brokerCertSHA256
        self.allowHosts = allowHosts
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(Ticket.schemaVersion))
        mode = try members.required("mode", .word)
        sessionID = try members.required("session_id", .text)
        token = TicketToken(try members.required("token", .text))
        brokerAddress = try members.required("broker_addr", .text)
        issuedAtUnix = try members.required("issued_at_unix", .unixSeconds)
        expiresAtUnix = try members.nullable("expires_at_unix", .unixSeconds)
        brokerCertSHA256 = try members.optional("broker_cert_sha256", .digest)
        allowHosts = try members.optional("allow_hosts", .texts)
    }

    /// The ticket with its token in the clear: what is sealed, never what is shown.
    package var value: JSONValue {
        .members([
            "schema_version": .string(Ticket.schemaVersion), "mode": .word(mode), "session_id": .string(sessionID),
            "token": .string(token.exposed), "broker_addr": .string(brokerAddress),
            "issued_at_unix": .integer(issuedAtUnix), "expires_at_unix": JSONValue(expiresAtUnix),
            "broker_cert_sha256": brokerCertSHA256.map { .digest($0) }, "allow_hosts": allowHosts.map { .texts($0) },
        ])
    }
}
