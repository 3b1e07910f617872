import SwarmCapability
import SwarmContracts
import Testing

@Suite("The older form of a capability")
struct LegacyCapabilityTests {
    private let members: [String: JSONValue] = [
        "version": 1, "kind": "state_cap", "state_id": "state-old", "ratchet_step": 4, "chain_key": "c2VjcmV0LWtleQ",
    ]

    private func encoded(_ members: [String: JSONValue]) -> String {
        Base64.encode(CanonicalJSON.encode(.object(members)), .url)
    }

    @Test("it is read for what it says, and its key is gone")
    func reads() throws {
        for form in [encoded(members), encoded(members) + "\n", " " + encoded(members) + "=="] {
            let read = try LegacyCapability.inspect(form)
            #expect(read.kind == "state_cap" && read.stateID == "state-old" && read.ratchetStep == 4)
            var dumped = ""
            dump(read, to: &dumped)
            #expect(!dumped.contains("c2VjcmV0"))
        }
    }

    @Test(
        "what is not of that form is refused",
        arguments: [
            ("version", 2), ("version", nil), ("kind", 1), ("state_id", nil), ("ratchet_step", -1),
            ("ratchet_step", "4"),
            ("chain_key", nil), ("critical_x", 1),
        ] as [(String, JSONValue?)]
    )
    func refuses(name: String, value: JSONValue?) {
        var members = members
        members[name] = value
        #expect(throws: CapabilityFailure.self) { try LegacyCapability.inspect(encoded(members)) }
    }

    @Test("no cut text crashes or passes")
    func cuts() {
        let text = encoded(members)
        for count in 0..<text.count {
            #expect(throws: CapabilityFailure.self) { try LegacyCapability.inspect(String(text.prefix(count))) }
        }
        #expect(throws: CapabilityFailure.self) { try LegacyCapability.inspect(String(repeating: "A", count: 20_000)) }
    }
}
