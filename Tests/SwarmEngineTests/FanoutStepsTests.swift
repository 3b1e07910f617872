import SwarmContracts
import SwarmEngine
import TestTools
import Testing

@Suite("Steps files of a fan-out")
struct FanoutStepsTests {
    private func steps(_ text: String, file: String = "ideas.txt") throws -> FanoutSteps {
        try FanoutSteps(Array(text.utf8), file: file)
    }

    @Test("a line is a command of the shell; empty lines and comments are skipped, space at the ends too")
    func lines() throws {
        let steps = try steps("# ideas\n\nmake test\n  \t\n\tsh run.sh  \r\n   # more\n{ echo a; }").steps
        #expect(steps.map(\.line) == [3, 5, 7])
        #expect(steps.map(\.command) == [.shell("make test"), .shell("sh run.sh"), .shell("{ echo a; }")])
        #expect(steps.allSatisfy { $0.label == nil })
    }

    @Test("a line of JSON has a command or an argv, and may have a label")
    func json() throws {
        let steps = try steps(
            "\u{feff}{\"label\":\"a\",\"command\":\"make && echo ü\"}\n{ \"argv\" : [\"sh\",\"-c\",\"\"] , \"label\":\"b.1\"}\n{\"command\":\"c\"}\n"
        ).steps
        #expect(steps.map { $0.label?.description } == ["a", "b.1", nil])
        #expect(steps.map(\.command) == [.shell("make && echo ü"), .arguments(["sh", "-c", ""]), .shell("c")])
    }

    @Test(
        "what is not a step is refused with its line",
        arguments: [
            (#"{"label":"a"}"#, 1), (#"{"label":"a","command":"x","argv":["x"]}"#, 1), (#"{"command":""}"#, 1),
            (#"{"command":" "}"#, 1), (#"{"command":7}"#, 1), (#"{"argv":[]}"#, 1), (#"{"argv":[""]}"#, 1),
            (#"{"argv":["a",7]}"#, 1), (#"{"argv":"a"}"#, 1), (#"{"argv":["a\u0000b"]}"#, 1),
            (#"{"command":"a\u0000b"}"#, 1), (#"{"command":"x","cmd":"x"}"#, 1),
            (#"{"label":"a/b","command":"x"}"#, 1), (#"{"label":"","command":"x"}"#, 1),
            (#"{"label":".a","command":"x"}"#, 1), (#"{"label":"main","command":"x"}"#, 1),
            (#"{"label":null,"command":"x"}"#, 1), (#"{"command":"x""#, 1), (#"{"command":"x"} x"#, 1),
            (#"{"command":"x","command":"y"}"#, 1), ("{}", 1),
            ("{\"label\":\"a\",\"command\":\"x\"}\n\n{\"label\":\"a\",\"command\":\"y\"}", 3),
            ("{\"command\":\"x\"}\nmake", 2), ("make\n{\"command\":\"x\"}", 2), ("make\na\u{0}b", 2),
        ]
    )
    func refused(text: String, line: Int) throws {
        do {
            let steps = try steps(text)
            Issue.record("taken: \(steps)")
        } catch let failure as FanoutFailure {
            #expect(failure.code == "STEPS_INVALID")
            #expect(failure.category == .invalidInput)
            #expect(failure.message.hasPrefix("ideas.txt, line \(line): "), "\(failure.message)")
        }
    }

    @Test("a file without a step is refused", arguments: ["", "\n\n", "# a\n  # b\n", "\u{feff}", "\r\n"])
    func empty(text: String) {
        #expect(throws: FanoutFailure.noSteps(file: "ideas.txt")) { try steps(text) }
    }

    @Test("text that is not UTF-8 is refused")
    func notUTF8() {
        #expect(throws: FanoutFailure.self) { try FanoutSteps([0x61, 0x0a, 0xff, 0xfe], file: "f") }
    }

    @Test("a label is made of the file's name and the line's number, and of another round where one is taken")
    func labels() throws {
        let steps = try steps("a\n\nb\n", file: "/tmp/my ideas.v2.txt")
        #expect(try steps.labels { _ in false }.map(\.description) == ["my-ideas-001", "my-ideas-003"])
        let second = try steps.labels { $0.description == "my-ideas-003" }
        #expect(second.map(\.description) == ["my-ideas.2-001", "my-ideas.2-003"])
        let third = try steps.labels { !$0.description.hasPrefix("my-ideas.3") }
        #expect(third.map(\.description) == ["my-ideas.3-001", "my-ideas.3-003"])
    }

    @Test("a label that is given in the file is never made a second time")
    func ownLabels() throws {
        let steps = try steps("{\"label\":\"f-002\",\"command\":\"a\"}\n{\"command\":\"b\"}", file: "f.jsonl")
        #expect(try steps.labels { _ in false }.map(\.description) == ["f-002", "f.2-002"])
    }

    @Test(
        "standard input and names of which nothing is left give the label step",
        arguments: ["standard input", ".x", "ä.txt", ""]
    )
    func base(file: String) throws {
        #expect(try steps("a", file: file).labels { _ in false }.map(\.description) == ["step-001"])
    }

    @Test("a long file's numbers have as many digits as its last line")
    func digits() throws {
        let text = String(repeating: "\n", count: 1233) + "a"
        #expect(try steps(text, file: "f").labels { _ in false }.map(\.description) == ["f-1234"])
        #expect(throws: FanoutFailure.self) { try steps(String(repeating: "a\n", count: FanoutSteps.most + 1)) }
    }

    @Test("random and damaged bytes are taken or refused, and never crash")
    func random() throws {
        var generator = Chance(20_261_124)
        let valid = Array(
            "# c\n{\"label\":\"a\",\"command\":\"make\"}\n{\"argv\":[\"sh\",\"-c\",\"x\\u0041\"]}\n\n{\"label\":\"b\",\"argv\":[\"y\"]}"
                .utf8
        )
        let alphabet = Array("{}[]\",:\\ \n\r\t#abu0\u{0}lmand".utf8) + [0xff, 0xc3, 0xef, 0xbb, 0xbf]
        for round in 0..<20_000 {
            var bytes: [UInt8]
            switch round % 3 {
            case 0:
                bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            case 1:
                bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? 0
                }
            default:
                bytes = valid
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0...2, using: &generator) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    case 1: bytes.removeSubrange(place...)
                    default: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: place)
                    }
                    if bytes.isEmpty { bytes = [10] }
                }
            }
            guard let steps = try? FanoutSteps(bytes, file: "f") else { continue }
            #expect(!steps.steps.isEmpty)
            let labels = try steps.labels { _ in false }
            #expect(Set(labels).count == labels.count)
            #expect(steps.steps.allSatisfy { !RunOptions(operation: .resume, command: $0.command).words[0].isEmpty })
        }
    }
}

@Suite("The last number of an output")
struct LastNumberTests {
    @Test(
        "it is found wherever it stands",
        arguments: [
            ("7\n", 7), ("score: -1.5", -1.5), ("12 passed, 3 failed", 3), ("took 0.25s", 0.25), ("93%", 93),
            ("1e3 done", 1000), ("2E-2", 0.02), ("x=.5", 0.5), ("5.", 5), ("+4", 4), ("(8)", 8), ("10-3", 3),
            ("2026-11-24", 24),
            ("3 v2 sha256", 3), ("1e999 2", 2), ("2 1e999", 2), ("6e", 6), ("6e+", 6), ("a\n1\nb\n2\nc", 2),
        ]
    )
    func found(text: String, number: Double) {
        #expect(LastNumber.find(in: Array(text.utf8)) == number)
    }

    @Test("there may be none", arguments: ["", "none", "-", ".", "+.", "nan inf", "v2", "e5", "é5"])
    func none(text: String) {
        #expect(LastNumber.find(in: Array(text.utf8)) == nil)
    }

    @Test("random bytes never crash, and what is found is finite")
    func random() {
        var generator = Chance(7)
        let alphabet = Array("0123456789+-.eE x\n".utf8) + [0x80, 0]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            if let number = LastNumber.find(in: bytes) { #expect(number.isFinite) }
        }
    }
}
