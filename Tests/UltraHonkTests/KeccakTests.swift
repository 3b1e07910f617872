import Testing

@testable import UltraHonk

@Suite("Keccak-256")
struct KeccakTests {
    @Test(
        "Known inputs have their known hashes",
        arguments: [
            ("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            ("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        ]
    )
    func knownHashes(text: String, hash: String) {
        #expect(Keccak256.hash(Array(text.utf8)).hex == hash)
    }

    @Test(
        "Inputs around a block's length are padded as they should",
        arguments: [
            (135, "0x34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"),
            (136, "0xa6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"),
            (137, "0xd869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39"),
        ]
    )
    func blockBoundaries(count: Int, hash: String) {
        #expect(Keccak256.hash(Array(repeating: UInt8(ascii: "a"), count: count)).hex == hash)
    }
}
