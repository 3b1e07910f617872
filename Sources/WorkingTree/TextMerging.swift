internal import SwarmContracts
internal import TextDiff

/// Joins two versions of one file, where both are text.
struct TextMerging {
    let source: any ContentSource
    let theirsLabel: String

    enum Outcome {
        case clean([UInt8])
        case conflicts([UInt8], count: Int)
        case binary
    }

    /// Whether a merge is worth trying: every version is a file of a size that fits in memory.
    static func fits(_ states: [FileState]) -> Bool {
        states.allSatisfy { state in
            if case .file(_, _, let size) = state { return size <= WorkingTree.largestMerge }
            return true
        }
    }

    func merge(_ change: PathChange, ours: [UInt8]) throws -> Outcome {
        let theirs = try contents(change, .theirs, change.theirs)
        let base = try contents(change, .base, change.base)
        if [base, ours, theirs].contains(where: TextDiff.isBinary) { return .binary }
        let labels = ThreeWayMerge.Labels(ours: "yours", theirs: theirsLabel)
        switch ThreeWayMerge.merge(base: base, ours: ours, theirs: theirs, labels: labels) {
        case .clean(let bytes): return .clean(bytes)
        case .conflicts(let bytes, let count): return .conflicts(bytes, count: count)
        }
    }

    // Where the base had no file, both sides began with nothing.
    private func contents(_ change: PathChange, _ side: ChangeSide, _ state: FileState) throws -> [UInt8] {
        guard case .file(_, let sha256, let size) = state else { return [] }
        var bytes: [UInt8] = []
        try source.contents(of: change, side: side) { piece in
            guard UInt64(bytes.count + piece.count) <= size else {
                throw WorkingTreeFailure.contentMismatch(path: change.path)
            }
            bytes += piece
        }
        guard Digest256.sha256(of: bytes) == sha256 else {
            throw WorkingTreeFailure.contentMismatch(path: change.path)
        }
        return bytes
    }
}
