import SwarmContracts
import Testing

@Suite("Documents")
struct DocumentTests {
    @Test("a document reads back to the same bytes", arguments: try Samples.all())
    func roundTrip(entry: Samples.Entry) throws {
        #expect(try entry.reread(entry.bytes) == entry.bytes)
        #expect(try CanonicalJSON.encode(JSONParser.parse(entry.bytes)) == entry.bytes)
    }

    @Test("the schema takes what the writer writes", arguments: try Samples.all())
    func schemaTakesOurs(entry: Samples.Entry) throws {
        // The request is never stored, so nobody validates one.
        guard let schema = DocumentSchema.named(entry.schema) else {
            #expect(entry.schema == RunRequest.name)
            return
        }
        try schema.check(entry.bytes)
    }

    @Test("a member that is missing or of another type is refused by its path", arguments: try Samples.all())
    func members(entry: Samples.Entry) throws {
        let value = try JSONParser.parse(entry.bytes)
        for path in JSONEdit.paths(of: value) where !path.isEmpty {
            let broken = CanonicalJSON.encode(JSONEdit.replacing(path, in: value, by: [[]]))
            let failure = try #require(throws: DocumentFailure.self) { try entry.reread(broken) }
            guard case .invalid(_, let named, let expected) = failure else {
                Issue.record("\(path) gave \(failure)")
                continue
            }
            let shown = JSONEdit.text(of: path)
            // An array of texts is read as one.
            #expect(shown == named || shown.hasPrefix(named + "["))
            #expect(!expected.isEmpty)
        }
    }

    @Test("an unknown member is ignored, and a critical one refused at every depth", arguments: try Samples.all())
    func unknownMembers(entry: Samples.Entry) throws {
        let value = try JSONParser.parse(entry.bytes)
        for path in JSONEdit.paths(of: value) where JSONEdit.isObject(path, in: value) {
            for name in ["critical_", "critical_x", "critical_\u{301}x"] {
                let broken = JSONEdit.adding(name, at: path, in: value)
                #expect(throws: DocumentFailure.self) { try entry.reread(CanonicalJSON.encode(broken)) }
                if let schema = DocumentSchema.named(entry.schema) {
                    #expect(schema.validate(broken).first?.critical == true)
                }
            }
            let unknown = JSONEdit.adding("x_unknown", at: path, in: value)
            if let schema = DocumentSchema.named(entry.schema) { #expect(schema.validate(unknown).isEmpty) }
            if entry.schema != NodeDocument.name {
                #expect(try entry.reread(CanonicalJSON.encode(unknown)) == entry.bytes)
            }
        }
    }

    @Test("no mutation makes a reader crash, or read what the schema refuses", arguments: try Samples.all())
    func mutations(entry: Samples.Entry) throws {
        var generator = SeededGenerator(seed: UInt64(entry.bytes.count))
        for _ in 0..<1_500 {
            let bytes = entry.bytes.mutated(by: &generator)
            do throws(DocumentFailure) {
                _ = try entry.reread(bytes)
            } catch {
                #expect(!error.message.isEmpty)
                continue
            }
            if let schema = DocumentSchema.named(entry.schema) {
                #expect(throws: Never.self) { try schema.check(bytes) }
            }
        }
    }

    @Test("a node's id is the hash of its document, unknown members included")
    func nodeID() throws {
        let node = try Samples.node()
        guard case .object(var members) = node.value else { return #expect(Bool(false)) }
        members["x_unknown"] = 1
        let other = CanonicalJSON.encode(.object(members))
        let failure = try #require(throws: DocumentFailure.self) { try NodeDocument(reading: other) }
        #expect(failure.code == "NODE_ID_MISMATCH")
        members["node_id"] = nil
        let hash = Digest256.sha256(of: CanonicalJSON.encode(.object(members)))
        members["node_id"] = .string(NodeID(documentHash: hash).description)
        #expect(try NodeDocument(reading: CanonicalJSON.encode(.object(members))).nodeID == NodeID(documentHash: hash))
    }

    @Test("what is sealed to is the parent, operation, name, step and key of the node")
    func associatedData() throws {
        let text = String(decoding: try Samples.fork().identity.associatedData, as: UTF8.self)
        let parent = Samples.rootNode.nodeID
        let expected =
            #"{"key_id":"key-5555555555555555","label":"side","operation":"fork","parent_node_id":""#
            + parent.description
            + #"","ratchet_step":1}"#
        #expect(text == expected)
        #expect(try Samples.fork().runID.description == "fork.side")
    }

    @Test("a fork has a label, a run a run id, and nothing both")
    func names() throws {
        let bytes = [try Samples.fork().canonicalBytes, try Samples.descriptor().canonicalBytes]
        for (bytes, name) in zip(bytes, ["run_id", "label"]) {
            let value = JSONEdit.adding(name, at: [], in: try JSONParser.parse(bytes))
            let failure = try #require(throws: DocumentFailure.self) {
                try BundleDescriptor(reading: CanonicalJSON.encode(value))
            }
            #expect(failure.message.contains("$.\(name)"))
        }
    }

    @Test("a succeeded run has a node, and a cold start a reason")
    func result() throws {
        let succeeded = try JSONParser.parse(try Samples.result().canonicalBytes)
        let failed = try JSONParser.parse(try Samples.failedResult().canonicalBytes)
        let schema = try #require(DocumentSchema.named("result"))
        for (value, name) in [
            (succeeded, "node_id"), (succeeded, "artifact_hash"), (failed, "restore_fallback_reason"),
        ] {
            let broken = JSONEdit.replacing([.name(name)], in: value, by: .null)
            #expect(throws: DocumentFailure.self) { try ResultDocument(reading: CanonicalJSON.encode(broken)) }
            #expect(schema.validate(broken).map(\.path) == ["$.\(name)"])
        }
    }

    @Test("a ticket shows its token to nobody who prints it")
    func redaction() throws {
        var dumped = ""
        dump(Samples.ticket, to: &dumped)
        for text in ["\(Samples.ticket)", String(reflecting: Samples.ticket), dumped, "\(Samples.ticket.token)"] {
            #expect(!text.contains("nobody-may-see"))
        }
        #expect(String(decoding: Samples.ticket.canonicalBytes, as: UTF8.self).contains("nobody-may-see"))
        #expect(TicketToken("a") == TicketToken("a"))
        #expect(TicketToken("a") != TicketToken("b"))
        #expect(TicketToken("a") != TicketToken("ab"))
    }

    @Test("a request's hash depends on everything that was asked")
    func request() throws {
        let value = try JSONParser.parse(try Samples.request().canonicalBytes)
        #expect(value["env"]?["names"] == ["CI", "TERM"])
        let names = [
            "operation", "run_id", "parent_node_id", "argv", "shell", "env", "image", "route_mode", "limits",
            "fallback",
            "workflow_ref", "policy_hash", "salt", "schema_version",
        ]
        guard case .object(let members) = value else { return #expect(Bool(false)) }
        #expect(members.keys.sorted() == names.sorted())
    }
}
