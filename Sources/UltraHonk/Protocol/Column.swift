/// The polynomials that a proof opens, in the order of its claimed evaluations.
enum Column: Int, CaseIterable {
    case maskingPoly
    // The selectors: which gate a row is, and its constants.
    case qm, qc, ql, qr, qo, q4
    case qLookup, qArith, qRange, qElliptic, qMemory, qNnf, qPoseidon2External, qPoseidon2Internal
    // The copy permutation, as where each cell goes to and what it is called.
    case sigma1, sigma2, sigma3, sigma4
    case id1, id2, id3, id4
    // The lookup table, and the indicators of the first and the last row.
    case table1, table2, table3, table4
    case lagrangeFirst, lagrangeLast
    // What the prover committed to.
    case w1, w2, w3, w4, zPerm, lookupInverses, lookupReadCounts, lookupReadTags
    // The same one row further on.
    case w1Shifted, w2Shifted, w3Shifted, w4Shifted, zPermShifted

    /// The number of columns opened in their own row, which come first.
    static let unshiftedCount = Column.w1Shifted.rawValue
    /// The number of columns opened one row further on, which come last.
    static let shiftedCount = Column.allCases.count - unshiftedCount
    /// The number of columns to which the verification key commits, which follow the masking polynomial.
    static let keyCount = Column.lagrangeLast.rawValue
}

/// The claimed evaluations of all columns at the point of the sumcheck.
struct Row: Sendable {
    private let values: [Fr]

    /// Nil unless there is one value for every column.
    init?(_ values: [Fr]) {
        guard values.count == Column.allCases.count else { return nil }
        self.values = values
    }

    subscript(_ column: Column) -> Fr { values[column.rawValue] }
}
