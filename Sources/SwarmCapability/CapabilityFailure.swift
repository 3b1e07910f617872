package import SwarmContracts

/// Why a capability does not hold, or a sealed object does not open.
package enum CapabilityFailure: Failure, Equatable {
    /// Not a token of this kind; says why.
    case malformed(CapabilityKind, String)
    /// Not signed by an operator that is trusted, or altered; says which.
    case forged(CapabilityKind, String)
    /// Its time is over; seconds since 1970.
    case expired(CapabilityKind, at: Int64)
    /// Its time has not come; seconds since 1970.
    case notYetValid(CapabilityKind, from: Int64)
    /// Made for another recipient, which is named.
    case wrongAudience(CapabilityKind, String)
    /// Made for another node, which is named.
    case wrongNode(CapabilityKind, String)
    /// Made for another step, which is given.
    case wrongStep(CapabilityKind, Int)
    /// Used before, by the run that is named.
    case replayed(CapabilityKind, String)
    /// The named object was altered, or the key is not its own.
    case sealBroken(String)

    package var code: String {
        switch self {
        case .malformed(let kind, _): kind.codePrefix + "_MALFORMED"
        case .forged(let kind, _): kind.codePrefix + "_FORGED"
        case .expired(let kind, _): kind.codePrefix + "_EXPIRED"
        case .notYetValid(let kind, _): kind.codePrefix + "_NOT_YET_VALID"
        case .wrongAudience(let kind, _): kind.codePrefix + "_WRONG_AUDIENCE"
        case .wrongNode(let kind, _): kind.codePrefix + "_WRONG_NODE"
        case .wrongStep(let kind, _): kind.codePrefix + "_WRONG_STEP"
        case .replayed(let kind, _): kind.codePrefix + "_REPLAYED"
        case .sealBroken: "SEAL_BROKEN"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .malformed, .forged, .expired, .notYetValid, .wrongAudience, .wrongNode, .wrongStep, .replayed: .policy
        case .sealBroken: .verification
        }
    }

    package var message: String {
        switch self {
        case .malformed(let kind, let reason): "the \(kind.rawValue) is malformed: \(reason)"
        case .forged(let kind, let reason): "the \(kind.rawValue) is not genuine: \(reason)"
        case .expired(let kind, let time): "the \(kind.rawValue) expired at \(UnixTime.text(time)) ($.exp)"
        case .notYetValid(let kind, let time):
            "the \(kind.rawValue) is not valid before \(UnixTime.text(time)) ($.nbf)"
        case .wrongAudience(let kind, let audience): "the \(kind.rawValue) was made for '\(audience)' ($.aud)"
        case .wrongNode(let kind, let node): "the \(kind.rawValue) was made for the node \(node) ($.sub)"
        case .wrongStep(let kind, let step): "the \(kind.rawValue) was made for step \(step) ($.ratchet_step)"
        case .replayed(let kind, let run): "the \(kind.rawValue) was used before, by the run '\(run)' ($.jti)"
        case .sealBroken(let object): "the \(object) was altered, or this key is not its own"
        }
    }

    package var hint: String? {
        switch self {
        case .malformed: "pass the token exactly as it was issued, from a file or a descriptor"
        case .forged: "ask whoever issued it which key it was signed with, and trust that key only if it is theirs"
        case .expired, .replayed: "ask the operator for a new token"
        case .notYetValid: "check this machine's clock, or wait"
        case .wrongAudience: "ask the operator for a token made for your recipient key"
        case .wrongNode, .wrongStep: "use the token that belongs to this node"
        case .sealBroken: "fetch the bundle again; if it stays so, it was altered where it is stored"
        }
    }
}
