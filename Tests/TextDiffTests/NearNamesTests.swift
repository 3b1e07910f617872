import Testing
import TextDiff

@Suite("Names that somebody may have meant")
struct NearNamesTests {
    @Test(
        "the distance counts letters added, taken out, replaced and swapped",
        arguments: [
            ("", "", 0), ("log", "log", 0), ("lgo", "log", 1), ("lauch", "launch", 1), ("launchh", "launch", 1),
            ("lau ch", "launch", 1), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ca", "abc", 3),
        ]
    )
    func distance(one: String, other: String, expected: Int) {
        #expect(NearNames.distance(one, other) == expected)
        #expect(NearNames.distance(other, one) == expected)
    }

    @Test("all names of the least distance are given, and none that lie far")
    func nearest() {
        let names = ["launch", "log", "logs", "fork", "a"]
        #expect(NearNames.nearest(to: "lauch", among: names) == ["launch"])
        #expect(NearNames.nearest(to: "log", among: names) == ["log"])
        #expect(NearNames.nearest(to: "logz", among: names) == ["log", "logs"])
        #expect(NearNames.nearest(to: "elephant", among: names) == [])
        // One letter for another is no likeness where there is only one.
        #expect(NearNames.nearest(to: "b", among: names) == [])
        #expect(NearNames.nearest(to: "", among: names) == [])
        #expect(NearNames.nearest(to: "logz", among: names, limit: 1) == ["log"])
    }
}
