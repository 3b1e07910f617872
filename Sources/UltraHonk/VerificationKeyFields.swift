/// The fields of a verification key as its JSON form has them; nothing is checked yet.
///
/// A decoder of JSON fills it by the names of its properties and passes over others.
/// Every string of a number is `0x` and 64 hexadecimal digits.
package struct VerificationKeyFields: Decodable, Equatable, Sendable {
    /// The coordinates of a point of the first group.
    package struct Point: Decodable, Equatable, Sendable {
        /// The first coordinate.
        package var x: String
        /// The second coordinate.
        package var y: String

        /// A point of two coordinates.
        package init(x: String, y: String) {
            self.x = x
            self.y = y
        }
    }

    /// A number `c0 + c1 * i` of the quadratic extension.
    package struct Pair: Decodable, Equatable, Sendable {
        /// The real part.
        package var c0: String
        /// The imaginary part.
        package var c1: String

        /// A number of two parts.
        package init(c0: String, c1: String) {
            self.c0 = c0
            self.c1 = c1
        }
    }

    /// The coordinates of a point of the second group.
    package struct TwistPoint: Decodable, Equatable, Sendable {
        /// The first coordinate.
        package var x: Pair
        /// The second coordinate.
        package var y: Pair

        /// A point of two coordinates.
        package init(x: Pair, y: Pair) {
            self.x = x
            self.y = y
        }
    }

    /// The curve's name; `bn254` is understood.
    package var curve: String
    /// The binary logarithm of the circuit's rows, 3 to 28.
    package var logCircuitSize: Int
    /// The public inputs with the sixteen words of pairing points.
    package var publicInputsTotal: Int
    /// The public inputs without those words.
    package var publicInputsUser: Int
    /// The row of the first public input; 1 is understood.
    package var publicInputsOffset: Int
    /// The hash of sizes and commitments that the transcript starts with.
    package var vkHash: String
    /// The order of the subgroup of the masking polynomials; 256 is understood.
    package var libraSubgroupSize: Int
    /// A scalar of that order.
    package var libraSubgroupGenerator: String
    /// Its inverse.
    package var libraSubgroupGeneratorInverse: String
    /// The four numbers on the diagonal of the matrix of Poseidon2's internal rounds.
    package var poseidon2InternalDiagonal: [String]
    /// The second group's generator.
    package var g2Generator: TwistPoint
    /// That generator times the secret of the setup.
    package var g2SrsX: TwistPoint
    /// The names of the commitments in the order in which they are hashed.
    package var commitmentOrder: [String]
    /// The commitments by their names.
    package var commitments: [String: Point]

    /// Fields from another source than JSON; each parameter is the property of its name.
    package init(
        curve: String,
        logCircuitSize: Int,
        publicInputsTotal: Int,
        publicInputsUser: Int,
        publicInputsOffset: Int,
        vkHash: String,
        libraSubgroupSize: Int,
        libraSubgroupGenerator: String,
        libraSubgroupGeneratorInverse: String,
        poseidon2InternalDiagonal: [String],
        g2Generator: TwistPoint,
        g2SrsX: TwistPoint,
        commitmentOrder: [String],
        commitments: [String: Point]
    ) {
        self.curve = curve
        self.logCircuitSize = logCircuitSize
        self.publicInputsTotal = publicInputsTotal
        self.publicInputsUser = publicInputsUser
        self.publicInputsOffset = publicInputsOffset
        self.vkHash = vkHash
        self.libraSubgroupSize = libraSubgroupSize
        self.libraSubgroupGenerator = libraSubgroupGenerator
        self.libraSubgroupGeneratorInverse = libraSubgroupGeneratorInverse
        self.poseidon2InternalDiagonal = poseidon2InternalDiagonal
        self.g2Generator = g2Generator
        self.g2SrsX = g2SrsX
        self.commitmentOrder = commitmentOrder
        self.commitments = commitments
    }
}
