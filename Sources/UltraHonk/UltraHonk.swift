/// Verification of UltraHonk proofs over BN254 in their zero-knowledge flavour with the Keccak transcript, as
/// Barretenberg 3.0 makes them for the EVM: the format "ultrahonk-keccak-zk-bn254".
///
/// The circuits understood are those whose own public inputs are single bytes, one a word, and whose proofs carry the
/// pairing points of a recursive verifier as sixteen further public inputs.
package enum UltraHonk {
    /// Checks that `proof` shows the statement `publicInputs` of the circuit of `verificationKey`; returns where it
    /// does.
    ///
    /// Whatever the bytes are, the call ends within a bounded time, and it never traps. One statement has many proofs:
    /// the bytes of a proof are no name for what it shows.
    ///
    /// - Parameters:
    ///   - proof: the proof's words of 32 bytes, most significant byte first; 330 words for a circuit of 2^20 rows.
    ///   - publicInputs: the circuit's own public inputs as words of the same form, each between 0 and 255; without
    ///     the sixteen words of pairing points, which the proof carries.
    ///   - verificationKey: the circuit's key, from a place the caller trusts.
    /// - Throws: ``UltraHonkFailure``, the first stage that refused. Lengths, the range of every word and every point's
    ///   place on the curve are looked at, in this order, before anything is computed.
    package static func verify(
        proof: [UInt8],
        publicInputs: [UInt8],
        verificationKey: VerificationKey
    ) throws(UltraHonkFailure) {
        let statement = try Statement(proof: proof, publicInputs: publicInputs, key: verificationKey)
        let carried = try statement.checkedPoints()
        let challenges = try statement.checkScalars(key: verificationKey)
        let opening = try Shplemini(statement.proof, key: verificationKey, challenges: challenges)
        let claim = PairingClaim(opening: opening, quotient: statement.proof.kzgQuotient, carried: carried)
        guard claim.holds(key: verificationKey) else { throw .pairing }
    }
}

/// Why a verification refused: the stage, and where it has one, the place.
///
/// Places count words of 32 bytes from the start of the proof, or public inputs, from 0.
package enum UltraHonkFailure: Error, Equatable, Sendable {
    /// The verification key's field of this name has a form or a value that no key has.
    case verificationKey(field: String)
    /// The verification key's commitments are not those of which it states the hash.
    case verificationKeyHash
    /// The proof has this many bytes and not what the circuit's size asks for.
    case proofLength(expected: Int, actual: Int)
    /// The public inputs have this many bytes and not what the circuit asks for.
    case publicInputsLength(expected: Int, actual: Int)
    /// A public input is above 255.
    case publicInputRange(index: Int)
    /// A word of the proof that stands for a scalar is not below the group order r.
    case scalarRange(word: Int)
    /// A word of the proof that stands for a coordinate is not below the field's prime q.
    case coordinateRange(word: Int)
    /// The point whose first word this is does not lie on the curve. Points carried as public inputs begin at the
    /// words 0 and 8.
    case pointNotOnCurve(word: Int)
    /// A word of the carried pairing points is not below 2^68.
    case pairingPointLimbRange(word: Int)
    /// A coordinate of the carried pairing points, whose first word this is, is not below the field's prime q.
    case pairingPointCoordinateRange(word: Int)
    /// A challenge took one of the few values for which the next formula divides by zero. An honest proof meets this
    /// with a probability below 2^-100.
    case degenerateChallenge(Stage)
    /// A round polynomial of the sumcheck, counted from 0, does not continue the round before it.
    case sumcheckRound(Int)
    /// The claimed evaluations do not satisfy the circuit's relations.
    case sumcheckFinal
    /// The openings of the masking polynomials do not belong together.
    case libraConsistency
    /// The commitments do not open to the claimed evaluations, or the carried pairing points do not pair.
    case pairing

    /// A stage of the computation.
    package enum Stage: Equatable, Sendable {
        /// The quotient that stands for the public inputs in the permutation argument.
        case publicInputs
        /// The batched opening of all polynomials.
        case shplemini
        /// The inner product of the masking polynomials.
        case libra
    }
}
