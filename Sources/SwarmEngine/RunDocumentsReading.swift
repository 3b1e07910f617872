package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot

extension Store {
    /// The certificate of a run; nil where there is none or it cannot be read.
    package func certificate(of id: RunID) -> Certificate? {
        (try? Files.read(layout.run(id).certificate)).flatMap { try? Certificate(reading: $0) }
    }

    /// The telemetry of a run; nil where there is none or it cannot be read.
    package func telemetry(of id: RunID) -> JSONValue? {
        (try? Files.read(layout.run(id).telemetry)).flatMap { try? JSONParser.parse($0, numbers: .all) }
    }

    /// Reads the response of the run that made a node, piece by piece.
    package func readResponse(of node: OpenedNode, into body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try content(of: node, part: "the response") { try reader.read(node.root.response, into: body) }
    }

    /// Copies a run's documents to a folder, which is made where it is missing.
    package func copyDocuments(of id: RunID, to target: String) throws {
        try Files.makeFolder(target)
        let run = layout.run(id)
        for path in [run.certificate, run.result, run.nextTokens, run.policy, run.attestation] {
            guard Files.kind(path) == .regular, let name = path.split(separator: "/").last else { continue }
            try Files.write(try Files.read(path), to: "\(target)/\(name)")
        }
        if let node = try? result(id).nodeID {
            let folder = layout.node(node)
            try Files.write(try Files.read(folder.document), to: target + "/node.json")
            try Files.write(try Files.read(folder.descriptor), to: target + "/manifest.json")
        }
    }
}
