import GitIgnore
import TestTools
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("Ignore rules")
struct IgnoreRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rules: String
        let path: String
        let ignored: Bool

        init(_ rules: String, _ path: String, _ ignored: Bool) {
            self.rules = rules
            self.path = path
            self.ignored = ignored
        }

        var testDescription: String { "\(rules.debugDescription) on \(path): \(ignored)" }
    }

    // A path that ends in a slash is a folder's.
    static let cases = [
        Case("*.o", "a/b.o", true), Case("*.o", "b.oo", false), Case("# *.o", "b.o", false), Case("\\#a", "#a", true),
        Case("/a", "a", true), Case("/a", "b/a", false), Case("b/a", "c/b/a", false), Case("a/", "a", false),
        Case("a/", "a/", true), Case("a/", "x/a/f", true), Case("*.o\n!k.o", "k.o", false), Case("\\!a", "!a", true),
        Case("d\n!d/k", "d/k", true), Case("d/*\n!d/k", "d/k", false), Case("**/x", "x", true),
        Case("**/x", "a/b/x", true), Case("a/**", "a/b/c", true), Case("a/**", "a/", false),
        Case("a/**/b", "a/b", true), Case("a/**/b", "a/x/y/b", true), Case("a/**/b", "ab", false),
        Case("a/*/b", "a/x/y/b", false), Case("a  ", "a", true), Case("a\\ ", "a ", true), Case("a\\ ", "a", false),
        Case("[a-c]?", "bz", true), Case("[!a-c]", "b", false), Case("[^a-c]", "z", true), Case("[]-]", "]", true),
        Case("[[:digit:]]", "7", true), Case("[[:nope:]]", "7", false), Case("[a", "[a", false),
        Case("a\\", "a", false),
        Case("a\r\n", "a", true), Case("\u{feff}a", "a", true), Case("/", "a", false), Case("x/[!y]z", "x/a/z", false),
    ]

    @Test("each form of a rule does what the manual says", arguments: cases)
    func forms(_ example: Case) {
        let isDirectory = example.path.hasSuffix("/")
        let path = bytes(isDirectory ? String(example.path.dropLast()) : example.path)
        #expect(
            IgnoreRules(parsing: bytes(example.rules)).ignores(path: path, isDirectory: isDirectory) == example.ignored
        )
    }

    @Test("no rules ignore nothing")
    func none() {
        #expect(IgnoreRules().isEmpty)
        #expect(!IgnoreRules(parsing: bytes("\n# a\n")).ignores(path: bytes("a"), isDirectory: false))
    }

    @Test("a walk that prunes asks for one path alone")
    func entryAlone() {
        let rules = IgnoreRules(parsing: bytes("d/"))
        #expect(rules.ignores(path: bytes("d/f"), isDirectory: false))
        #expect(!rules.ignoresEntry(path: bytes("d/f"), isDirectory: false))
        #expect(rules.ignoresEntry(path: bytes("d"), isDirectory: true))
    }

    @Test("a pattern made to be slow is not")
    func linear() {
        let file = String(repeating: "*a", count: 60) + "c\n" + String(repeating: "**/a/", count: 40) + "c"
        let rules = IgnoreRules(parsing: bytes(file))
        let path = bytes(String(repeating: "a/", count: 100) + String(repeating: "a", count: 100) + "b")
        let ignored = rules.ignores(path: path, isDirectory: false)
        #expect(!ignored)
    }

    @Test("git decides the same on random rules and paths", .enabled(if: Tool("git") != nil))
    func likeGit() throws {
        let git = try #require(Tool("git"))
        let folder = try TemporaryFolder()
        #expect(git.run(["init", "-q"], in: folder.path).status == 0)
        let folders = IgnoreRulesTests.folders
        for path in folders { folder.write([], to: path + "/kept") }
        var chance = Chance(42)
        for _ in 0..<200 {
            let file = (0...chance.below(5)).map { _ in rule(&chance) + chance.pick(["\n", "\n", "\r\n"]) }.joined()
            folder.write(bytes(file), to: ".gitignore")
            let files = (0..<60).map { _ in self.file(&chance) }
            let outcome = git.run(
                ["-c", "core.excludesFile=/dev/null", "check-ignore", "--stdin", "-z", "--no-index"],
                in: folder.path,
                input: Array((files + folders).map { bytes($0) + [0] as [UInt8] }.joined())
            )
            let ignored = Set(outcome.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            let rules = IgnoreRules(parsing: bytes(file))
            for path in files + folders {
                let ours = rules.ignores(path: bytes(path), isDirectory: folders.contains(path))
                #expect(ours == ignored.contains(path), "\(file.debugDescription) on \(path)")
            }
        }
    }

    private static let folders: [String] = {
        let names = ["a", "b", "ab"]
        let second = names.flatMap { top in names.map { "\(top)/\($0)" } }
        return names + second + second.flatMap { top in names.map { "\(top)/\($0)" } }
    }()

    @Test("random bytes are always a valid file, and an answer always comes")
    func anyBytes() {
        var chance = Chance(9)
        var answers = 0
        for _ in 0..<2000 {
            let file = (0..<chance.below(40)).map { _ in chance.pick(Array("ab/*?[]!^-\\:# \r\n".utf8) + [0, 255]) }
            let rules = IgnoreRules(parsing: file)
            if rules.ignores(path: bytes("a/b/ab"), isDirectory: chance.once(in: 2)) { answers += 1 }
        }
        #expect(answers > 0)
    }

    private func rule(_ chance: inout Chance) -> String {
        let pieces = [
            "a", "b", "ab", "/", "/", "*", "**", "**/", "/**", "/**/", "?", "[ab]", "[!a]", "[a-b]", "[^b]", "\\a",
            "\\*",
            "[[:alpha:]]", "[]a]", "[a\\-b]", " ", "\\ ", "[", "\\",
        ]
        let body = (0...chance.below(5)).map { _ in chance.pick(pieces) }.joined()
        return (chance.once(in: 4) ? "!" : "") + body + (chance.once(in: 5) ? "/" : "")
    }

    // A file that need not be there; its last name is never a folder's.
    private func file(_ chance: inout Chance) -> String {
        let above = (0..<chance.below(4)).map { _ in chance.pick(["a", "b", "ab", "ba", "a b", "*", "[a]", "-"]) + "/" }
        return above.joined() + chance.pick(["aab", "ba", "a b", "*", "[a]", "-", "a-", "b*", "c"])
    }
}
