package import SwarmContracts

/// A request on its way to one worker: signed by the operator (JWS, `typ` `swarm-dispatch+jws`), and that under HPKE for the
/// worker's key (info: `swarm/v1/dispatch`). The text is base64url. docs/worker.md has the format.
package enum SealedDispatch {
    /// The `typ` of the JWS.
    package static let type = "swarm-dispatch+jws"
    /// The longest sealed request, in characters: what a workflow's input may hold.
    package static let longest = 65_535

    private static var info: [UInt8] { KeyDerivation.info("dispatch", []) }

    /// Seals a request. Throws `tooLong` where it does not fit, and where issuer or audience are not those of the keys.
    /// The sealing takes randomness inside swift-crypto, so two calls give two texts.
    package static func seal(
        _ request: DispatchRequest,
        for worker: RecipientPublicKey,
        by signer: OperatorSigningKey
    ) throws(DispatchFailure) -> String {
        guard request.issuer == signer.publicKey.did else { throw .malformed("$.issuer is not whoever signs") }
        guard request.audience == worker.id else { throw .malformed("$.audience is not the worker's key") }
        let signed = CompactJWS.sign(request.canonicalBytes, type: type, with: signer)
        let sealed: [UInt8]
        do throws(KeyFailure) {
            sealed = try Envelope.seal(Array(signed.utf8), to: worker, info: info)
        } catch { throw .malformed(error.message) }
        let text = Base64.encode(sealed, .url)
        guard text.utf8.count <= longest else { throw .tooLong(text.utf8.count) }
        return text
    }

    /// Opens a sealed request: it must be for this key, from this issuer, and in its time. `now` is in seconds since 1970.
    package static func open(
        _ text: String,
        with key: RecipientKey,
        issuer: OperatorPublicKey,
        now: Int64
    ) throws(DispatchFailure) -> DispatchRequest {
        guard text.utf8.count <= longest, let sealed = Base64.decode(text, .url) else {
            throw .malformed("it is not base64url of at most \(longest) characters")
        }
        let signed: [UInt8]
        do throws(CapabilityFailure) {
            signed = try Envelope.open(sealed, with: key, info: info)
        } catch { throw .notForThisWorker }
        let jws: CompactJWS
        do throws(JWSError) {
            jws = try CompactJWS(parsing: String(decoding: signed, as: UTF8.self), type: type)
        } catch { throw .malformed(error.reason) }
        // Nothing of it is read before the signature holds: whoever knows the worker's public key can seal anything for it.
        guard jws.isSigned(by: issuer) else { throw .forged(issuer.did) }
        let request: DispatchRequest
        do throws(DocumentFailure) {
            request = try DispatchRequest(reading: jws.payload)
        } catch { throw .malformed(error.message) }
        guard request.issuer == issuer.did else { throw .forged(issuer.did) }
        guard request.audience == key.publicKey.id else { throw .notForThisWorker }
        guard now + 300 >= request.issuedAtUnix else { throw .notYetValid(from: request.issuedAtUnix) }
        guard now < request.expiresAtUnix else { throw .expired(at: request.expiresAtUnix) }
        return request
    }
}

/// Why a sealed request is not carried out. None of these holds a part of it.
package enum DispatchFailure: Failure, Equatable {
    /// Not a request; says why.
    case malformed(String)
    /// Longer than a workflow's input may be; its characters.
    case tooLong(Int)
    /// Sealed for another key, or altered.
    case notForThisWorker
    /// Not signed by the operator whom this worker serves, who is named.
    case forged(String)
    /// Its time has not come; seconds since 1970.
    case notYetValid(from: Int64)
    /// Its time is over; seconds since 1970.
    case expired(at: Int64)

    package var code: String {
        switch self {
        case .malformed: "DISPATCH_REQUEST_MALFORMED"
        case .tooLong: "DISPATCH_REQUEST_TOO_LONG"
        case .notForThisWorker: "DISPATCH_REQUEST_WRONG_WORKER"
        case .forged: "DISPATCH_REQUEST_FORGED"
        case .notYetValid: "DISPATCH_REQUEST_NOT_YET_VALID"
        case .expired: "DISPATCH_REQUEST_EXPIRED"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .malformed, .tooLong: .invalidInput
        case .notForThisWorker, .forged, .notYetValid, .expired: .policy
        }
    }

    package var message: String {
        switch self {
        case .malformed(let reason): "the sealed request is malformed: \(reason)"
        case .tooLong(let count):
            "the sealed request has \(count) characters, and \(SealedDispatch.longest) can be sent"
        case .notForThisWorker: "the sealed request was altered, or sealed for another worker's key"
        case .forged(let issuer): "the sealed request is not signed by the operator \(issuer)"
        case .notYetValid(let time): "the sealed request is not valid before \(UnixTime.text(time))"
        case .expired(let time): "the sealed request expired at \(UnixTime.text(time))"
        }
    }

    package var hint: String? {
        switch self {
        case .malformed: "pass it exactly as it was made"
        case .tooLong: "put a long step into a file of the workspace, and long values into the backend's own secrets"
        case .notForThisWorker: "dispatch again: a worker's key is made for one run"
        case .forged: "compare the operator that the worker was given with `swarm key show --public`"
        case .notYetValid: "check the worker's clock"
        case .expired: "dispatch again"
        }
    }
}

extension DispatchRequest.Caps {
    /// The keys of a request for the step that makes `child` from a node with the key `parent`.
    package init(parent: ReadKey, child: NodeKeys) {
        self.init(
            readParent: parent.withBytes { Array($0) },
            readChild: child.read.withBytes { Array($0) },
            writeChild: child.write.withBytes { Array($0) }
        )
    }
}
