import Glibc
import SwarmPlatform
import Testing

@testable import SwarmSandbox

@Suite("A step's output")
struct OutputTests {
    @Test("a secret is masked wherever the stream is cut", arguments: 1...20)
    func boundaries(size: Int) {
        let text = Array("before hunter2-hunter2 after hunter2-hunter hunter2-hunter2".utf8)
        var masker = StreamMasker([Array("hunter2-hunter2".utf8), []])
        var result: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: size) {
            Array(text[start..<min(start + size, text.count)]).withUnsafeBytes { result += masker.take($0) }
        }
        result += masker.flush()
        #expect(String(decoding: result, as: UTF8.self) == "before [masked] after hunter2-hunter [masked]")
    }

    @Test("of overlapping secrets nothing remains, and the longest is preferred")
    func overlapping() {
        func mask(_ secrets: [String], _ text: String) -> String {
            var masker = StreamMasker(secrets.map { Array($0.utf8) })
            let taken = Array(text.utf8).withUnsafeBytes { masker.take($0) }
            return String(decoding: taken + masker.flush(), as: UTF8.self)
        }
        #expect(mask(["abcd", "cdef"], "xabcdefx") == "x[masked]x")
        #expect(mask(["abc", "abcdef"], "abcdef abcde") == "[masked] [masked]de")
        #expect(mask(["aa"], "aaaaa!") == "[masked]!")
    }

    @Test("masking a stream in pieces equals masking it whole")
    func pieces() {
        let letters = Array("aab".utf8)
        for _ in 0..<500 {
            let bytes = Randomness.bytes(60)
            let secrets = [bytes[0..<3], bytes[3..<8], bytes[8..<10]].map { $0.map { letters[Int($0) % 3] } }
            let text = bytes[10...].map { letters[Int($0) % 3] }
            var whole = StreamMasker(secrets)
            let expected = text.withUnsafeBytes { whole.take($0) } + whole.flush()
            var masker = StreamMasker(secrets)
            var result: [UInt8] = []
            for byte in text { [byte].withUnsafeBytes { result += masker.take($0) } }
            #expect(result + masker.flush() == expected, "\(bytes)")
        }
    }

    @Test("secrets are masked in both streams of a step", .enabled(if: Machine.strict))
    func streams() throws {
        let fixture = try Fixture()
        var request = fixture.shell("printf secr; sleep 0.05; echo et-value; echo a secret-value >&2")
        request.masked = [Array("secret-value".utf8)]
        #expect(try fixture.run(request).succeeded)
        #expect(fixture.output.text == "[masked]\n" && fixture.output.errors == "a [masked]\n")
    }

    @Test("output over the limit is cut with one mark while the step goes on", .enabled(if: Machine.strict))
    func limit() throws {
        let fixture = try Fixture()
        var request = fixture.shell("yes | head -c 3000000; echo done > done")
        request.limits.outputBytes = 1001
        let outcome = try fixture.run(request)
        #expect(outcome.succeeded && outcome.outputCut && outcome.outputBytes == 1001)
        #expect(
            fixture.output.text.hasSuffix("y\n[swarm: output cut after 1001 bytes]\n")
                || fixture.output.text.hasSuffix("y\ny\n[swarm: output cut after 1001 bytes]\n")
        )
        #expect(fixture.content("/workspace/done") == "done\n")
    }

    @Test("bubblewrap's status is read from any bytes")
    func status() {
        let text = Array("{ \"child-pid\": 12, \"x\": 1 }\n{ \"exit-code\": 3 }\n".utf8)
        var status = BubblewrapStatus()
        for byte in text { [byte].withUnsafeBytes { status.take($0) } }
        #expect(status.childPID == 12 && status.exitCode == 3)
        for _ in 0..<300 {
            var changed = text
            for place in Randomness.bytes(4) { changed[Int(place) % changed.count] = Randomness.bytes(1)[0] }
            var status = BubblewrapStatus()
            changed.withUnsafeBytes { status.take($0) }
            #expect((status.childPID ?? 2) > 1, "\(changed)")
        }
    }

    @Test(
        "a terminal is one, and what it carries arrives",
        .enabled(if: Machine.strict),
        arguments: SandboxLevel.allCases
    )
    func terminal(level: SandboxLevel) throws {
        let fixture = try Fixture()
        var request = fixture.bare(["sh", "-c", "test -t 0 && test -t 1 && stty size && : < /dev/tty && echo own"])
        if level == .strict { request = fixture.request(request.argv) }
        request.input = .terminal
        #expect(try fixture.run(request).succeeded)
        #expect(fixture.output.text.hasSuffix("own\r\n"))
    }
}
