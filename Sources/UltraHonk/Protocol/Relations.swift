/// The relations that every row of a satisfied circuit fulfils, evaluated at one point.
///
/// They are those of Barretenberg 3.0 and of the Solidity verifiers it writes: the permutation of PLONK (ePrint
/// 2019/953), the lookup by logarithmic derivatives (U. Haböck, ePrint 2022/1530), the rounds of Poseidon2 (ePrint
/// 2023/323) and gates of Barretenberg's own.
struct Relations {
    let row: Row
    let challenges: Challenges
    let publicInputsDelta: Fr
    /// The diagonal of the matrix of Poseidon2's internal rounds.
    let poseidonDiagonal: [Fr]

    /// The relation that holds as a sum over all rows and not in each, and so takes no gate separation.
    static let unseparatedIndex = 5

    /// The 28 subrelations in their order.
    var values: [Fr] {
        arithmetic + permutation + lookup + range + elliptic + memory + nonNativeField
            + poseidonExternal + poseidonInternal
    }

    private var wires: [Fr] { [row[.w1], row[.w2], row[.w3], row[.w4]] }
    private var shiftedWires: [Fr] { [row[.w1Shifted], row[.w2Shifted], row[.w3Shifted], row[.w4Shifted]] }

    /// -1/2.
    private static let negatedHalf = -(Fr(2).inverse ?? .zero)

    private var arithmetic: [Fr] {
        let selector = row[.qArith]
        let product = (selector - Fr(3)) * Self.negatedHalf * row[.qm] * row[.w1] * row[.w2]
        let linear = row[.ql] * row[.w1] + row[.qr] * row[.w2] + row[.qo] * row[.w3] + row[.q4] * row[.w4]
        let next = (selector - .one) * row[.w4Shifted]
        let accumulator = row[.w1] + row[.w4] - row[.w1Shifted] + row[.qm]
        return [
            selector * (product + linear + row[.qc] + next),
            selector * (selector - .one) * (selector - Fr(2)) * accumulator,
        ]
    }

    private var permutation: [Fr] {
        func product(_ names: [Fr]) -> Fr {
            zip(wires, names).reduce(.one) { $0 * ($1.0 + challenges.beta * $1.1 + challenges.gamma) }
        }
        let numerator = product([row[.id1], row[.id2], row[.id3], row[.id4]])
        let denominator = product([row[.sigma1], row[.sigma2], row[.sigma3], row[.sigma4]])
        let last = row[.lagrangeLast]
        return [
            (row[.zPerm] + row[.lagrangeFirst]) * numerator
                - (row[.zPermShifted] + last * publicInputsDelta) * denominator,
            last * row[.zPermShifted],
        ]
    }

    /// The sum of `first`, `second`, `third` and `fourth` in the powers of eta from 0 on.
    private func combined(_ first: Fr, _ second: Fr, _ third: Fr, _ fourth: Fr) -> Fr {
        first + challenges.eta * second + challenges.eta2 * third + challenges.eta3 * fourth
    }

    private var lookup: [Fr] {
        let inverse = row[.lookupInverses]
        let tag = row[.lookupReadTags]
        let table = combined(row[.table1] + challenges.gamma, row[.table2], row[.table3], row[.table4])
        let read = combined(
            row[.w1] + challenges.gamma + row[.qr] * row[.w1Shifted],
            row[.w2] + row[.qm] * row[.w2Shifted],
            row[.w3] + row[.qc] * row[.w3Shifted],
            row[.qo]
        )
        return [
            read * table * inverse - (tag + row[.qLookup] - tag * row[.qLookup]),
            row[.qLookup] * inverse * table - row[.lookupReadCounts] * inverse * read,
            tag.squared - tag,
        ]
    }

    private var range: [Fr] {
        zip(wires, [row[.w2], row[.w3], row[.w4], row[.w1Shifted]]).map { wire, next in
            let step = next - wire
            return row[.qRange] * step * (step - .one) * (step - Fr(2)) * (step - Fr(3))
        }
    }

    /// Addition and doubling on Grumpkin, y^2 = x^3 - 17.
    private var elliptic: [Fr] {
        let (x1, y1) = (row[.w2], row[.w3])
        let (x2, y2) = (row[.w1Shifted], row[.w4Shifted])
        let (x3, y3) = (row[.w2Shifted], row[.w3Shifted])
        let signedY2 = row[.ql] * y2
        let doubling = row[.qElliptic] * row[.qm]
        let addition = row[.qElliptic] - doubling

        let chord = (x1 + x2 + x3) * (x2 - x1).squared - y1.squared - y2.squared + (signedY2 * y1).doubled
        let tangent = (x3 + x1.doubled) * y1.squared.doubled.doubled - Fr(9) * x1 * (y1.squared + Fr(17))
        let chordY = (y1 + y3) * (x2 - x1) + (x3 - x1) * (signedY2 - y1)
        let tangentY = x1.squared.tripled * (x1 - x3) - y1.doubled * (y1 + y3)
        return [addition * chord + doubling * tangent, addition * chordY + doubling * tangentY]
    }

    private var memory: [Fr] {
        let record = combined(row[.qc], row[.w1], row[.w2], row[.w3])
        let check = record - row[.w4]
        let access = row[.w4] - record
        let indexStep = row[.w1Shifted] - row[.w1]
        let sameIndex = .one - indexStep
        let recordStep = row[.w4Shifted] - row[.w4]
        let nextAccess = row[.w4Shifted] - combined(.zero, row[.w1Shifted], row[.w2Shifted], row[.w3Shifted])
        let monotone = indexStep * (indexStep - .one)

        let timestamp = sameIndex * (row[.w2Shifted] - row[.w2]) - row[.w3]
        let readOnly = row[.ql] * row[.qr]
        let consistency = check * readOnly + access * (access - .one) * row[.qo]
        let gates = timestamp * row[.q4] * row[.ql] + check * row[.qm] * row[.ql]
        let newValue = sameIndex * (row[.w3Shifted] - row[.w3]) * (.one - nextAccess)
        return [
            consistency + gates,
            readOnly * sameIndex * recordStep,
            readOnly * monotone,
            row[.qo] * newValue,
            row[.qo] * monotone,
            row[.qo] * (nextAccess.squared - nextAccess),
        ].map { $0 * row[.qMemory] }
    }

    /// 2^68, the base of the limbs of a non-native field element.
    private static let limbBase = Fr(1 << 34).squared
    /// 2^14, the base of the limbs of a limb.
    private static let sublimbBase = Fr(1 << 14)

    private var nonNativeField: [Fr] {
        let (w1, w2, w3, w4) = (row[.w1], row[.w2], row[.w3], row[.w4])
        let (next1, next2, next3, next4) = (row[.w1Shifted], row[.w2Shifted], row[.w3Shifted], row[.w4Shifted])
        func joined(_ limbs: [Fr]) -> Fr { limbs.reduce(.zero) { $0 * Self.sublimbBase + $1 } }

        let cross = w1 * next2 + next1 * w2
        let low = cross * Self.limbBase + next1 * next2
        let high = (w1 * w4 + w2 * w3 - next3) * Self.limbBase - next4 + cross
        var gates = row[.qo] * (low - w3 - w4)
        gates += row[.q4] * high
        gates += row[.qm] * (low + w4 - next3 - next4)
        var accumulators = row[.q4] * (joined([next2, next1, w3, w2, w1]) - w4)
        accumulators += row[.qm] * (joined([next3, next2, next1, w4, w3]) - next4)
        return [row[.qNnf] * (row[.qr] * gates + row[.qo] * accumulators)]
    }

    /// Poseidon2's S-box.
    private static func fifthPower(_ value: Fr) -> Fr { value.squared.squared * value }

    private var poseidonExternal: [Fr] {
        let constants = [row[.ql], row[.qr], row[.qo], row[.q4]]
        let boxes = zip(wires, constants).map { Self.fifthPower($0 + $1) }
        let matrix: [[UInt64]] = [[5, 7, 1, 3], [4, 6, 1, 1], [1, 3, 5, 7], [1, 1, 4, 6]]
        return zip(matrix, shiftedWires).map { coefficients, next in
            let mixed = zip(coefficients, boxes).reduce(.zero) { $0 + Fr($1.0) * $1.1 }
            return row[.qPoseidon2External] * (mixed - next)
        }
    }

    private var poseidonInternal: [Fr] {
        let boxes = [Self.fifthPower(row[.w1] + row[.ql]), row[.w2], row[.w3], row[.w4]]
        let sum = boxes.reduce(.zero, +)
        return zip(zip(poseidonDiagonal, boxes), shiftedWires).map { pair, next in
            row[.qPoseidon2Internal] * (pair.0 * pair.1 + sum - next)
        }
    }
}
