/// The two points that a proof carries among its public inputs, for a pairing that the circuit left to its verifier.
struct CarriedPoints: Equatable, Sendable {
    /// Four limbs of 68 bits for each of four coordinates.
    static let wordCount = 16

    /// The point to pair with the second group's generator.
    let left: G1
    /// The point to pair with the other point of the key.
    let right: G1

    /// The points in `words`, the public inputs that carry them; both are checked to lie on the curve.
    init(_ words: [Word]) throws(UltraHonkFailure) {
        for (index, word) in words.enumerated() where !word.isLess(than: Word(0, 1 << 4, 0, 0)) {
            throw .pairingPointLimbRange(word: index)
        }
        var coordinates: [Fq] = []
        for start in stride(from: 0, to: words.count, by: 4) {
            // A coordinate below q leaves 50 bits for its highest limb; more would be lost beyond bit 255.
            guard let highest = words[start...].dropFirst(3).first, highest.isLess(than: Word(1 << 52)),
                let coordinate = Fq(canonical: CarriedPoints.joined(words[start...].prefix(4)))
            else { throw .pairingPointCoordinateRange(word: start) }
            coordinates.append(coordinate)
        }
        guard coordinates.count == 4 else { throw .pairingPointCoordinateRange(word: 4 * coordinates.count) }
        left = G1(x: coordinates[0], y: coordinates[1])
        right = G1(x: coordinates[2], y: coordinates[3])
        guard left.isOnCurve else { throw .pointNotOnCurve(word: 0) }
        guard right.isOnCurve else { throw .pointNotOnCurve(word: 8) }
    }

    /// The sum of limbs of 68 bits, least significant first, modulo 2^256.
    private static func joined(_ limbs: ArraySlice<Word>) -> Word {
        limbs.reversed().reduce(.zero) { high, limb in
            // A shift by 68 bits: by a limb of 64, and 4 more.
            let shifted = Word(
                high.limb0 &<< 4,
                high.limb1 &<< 4 | high.limb0 &>> 60,
                high.limb2 &<< 4 | high.limb1 &>> 60,
                0
            )
            return Word(0, shifted.limb0, shifted.limb1, shifted.limb2).adding(limb)
        }
    }
}

/// Two points of the first group of which the pairings with the key's points are claimed to cancel out.
struct PairingClaim: Equatable, Sendable {
    /// The opening's own two points, before the carried ones are joined to them; nil is the point at infinity.
    let opening: G1?
    let negatedQuotient: G1
    /// The factor by which the opening is kept apart from what the proof carries.
    let separator: Fr
    /// The point to pair with the second group's generator; nil is the point at infinity.
    let left: G1?
    /// The point to pair with the other point of the key; nil is the point at infinity.
    let right: G1?

    init(opening: Shplemini, quotient: G1, carried: CarriedPoints) {
        let total = sum(of: opening.terms)
        let negated = -quotient
        var transcript = Transcript()
        for point in [carried.left, carried.right, total, negated] {
            transcript.absorb([point?.x.word ?? .zero, point?.y.word ?? .zero])
        }
        let separator = transcript.hash()
        let openingTerm = total.map { [Term(separator, $0)] } ?? []
        left = sum(of: openingTerm + [Term(.one, carried.left)])
        right = sum(of: [Term(separator, negated), Term(.one, carried.right)])
        self.opening = total
        self.separator = separator
        negatedQuotient = negated
    }

    /// Whether the pairings cancel out.
    func holds(key: VerificationKey) -> Bool {
        Pairing.productIsOne([(left, key.generatorLines), (right, key.setupLines)])
    }
}
