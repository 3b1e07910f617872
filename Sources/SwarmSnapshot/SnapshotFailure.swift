package import SwarmContracts

/// Why content could not be written, read or laid out as a tree.
package enum SnapshotFailure: Failure, Equatable {
    /// The index knows no place of a chunk. `path` is the file of the tree that needs it, where that is known.
    case missingChunk(name: Digest256, path: String?)
    /// A chunk in the pack `file` is not what its name says.
    case corruptChunk(file: String, path: String?, reason: String)
    /// All chunks hold, and together they are not what the reference says.
    case contentWrong(path: String?, reason: String)
    /// Bytes that were to be a directory object, a reference, a stat cache or a list of times are none.
    case malformed(String)
    /// A pack's header or table is damaged.
    case packDamaged(file: String, reason: String)
    /// Another pack stands under the name of one that was to be written.
    case packConflict(file: String)
    /// An overlay's upper layer uses a feature that the mount should not have had.
    case unsupportedLayer(path: String, reason: String)
    /// More bytes than the caller allows.
    case tooLarge(path: String, limit: UInt64)
    /// A tree was to be built where something is already.
    case targetNotEmpty(String)

    package var code: String {
        switch self {
        case .missingChunk: "CHUNK_MISSING"
        case .corruptChunk: "CHUNK_DAMAGED"
        case .contentWrong: "CONTENT_DAMAGED"
        case .malformed: "SNAPSHOT_MALFORMED"
        case .packDamaged: "PACK_DAMAGED"
        case .packConflict: "PACK_CONFLICT"
        case .unsupportedLayer: "LAYER_UNSUPPORTED"
        case .tooLarge: "CONTENT_TOO_LARGE"
        case .targetNotEmpty: "TARGET_NOT_EMPTY"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .missingChunk, .corruptChunk, .contentWrong, .malformed: .restore
        case .packDamaged, .packConflict: .verification
        case .unsupportedLayer: .system
        case .tooLarge, .targetNotEmpty: .invalidInput
        }
    }

    package var message: String {
        switch self {
        case .missingChunk(let name, let path): "chunk \(name.hex.prefix(16)) of \(path ?? "a node") is missing"
        case .corruptChunk(let file, let path, let reason):
            "a chunk of \(path ?? "a node") in \(file) is damaged: \(reason)"
        case .contentWrong(let path, let reason): "the content of \(path ?? "a node") is damaged: \(reason)"
        case .malformed(let what): "\(what) cannot be read"
        case .packDamaged(let file, let reason): "the pack \(file) is damaged: \(reason)"
        case .packConflict(let file): "the pack \(file) exists with other bytes"
        case .unsupportedLayer(let path, let reason): "the upper layer cannot be read at \(path): \(reason)"
        case .tooLarge(let path, let limit): "\(path) holds more than \(limit) bytes"
        case .targetNotEmpty(let path): "\(path) exists and is not an empty directory"
        }
    }

    package var hint: String? {
        switch self {
        case .missingChunk, .corruptChunk, .contentWrong, .packDamaged, .packConflict:
            "run `swarm fsck` to see what else is affected"
        case .malformed, .unsupportedLayer, .tooLarge, .targetNotEmpty: nil
        }
    }

    /// Where stored content itself is what failed: the file of the tree, if known, and what is wrong. Nil for the rest.
    package var damage: (path: String?, reason: String)? {
        switch self {
        case .missingChunk(let name, let path): (path, "chunk \(name.hex.prefix(16)) is missing")
        case .corruptChunk(let file, let path, let reason): (path, "\(reason) in \(file)")
        case .contentWrong(let path, let reason): (path, reason)
        case .malformed(let what): (nil, "\(what) cannot be read")
        case .packDamaged(let file, let reason): (nil, "\(reason) in \(file)")
        case .packConflict, .unsupportedLayer, .tooLarge, .targetNotEmpty: nil
        }
    }

    /// The same failure with the file of the tree, where none was known.
    package func at(_ path: [UInt8]) -> SnapshotFailure {
        switch self {
        case .missingChunk(let name, nil): .missingChunk(name: name, path: shown(path))
        case .corruptChunk(let file, nil, let reason): .corruptChunk(file: file, path: shown(path), reason: reason)
        case .contentWrong(nil, let reason): .contentWrong(path: shown(path), reason: reason)
        case .malformed(let what): .contentWrong(path: shown(path), reason: "\(what) cannot be read")
        default: self
        }
    }
}

/// A path as a message may show it: control characters and what is no UTF-8 are replaced.
func shown(_ path: [UInt8]) -> String {
    guard !path.isEmpty else { return "." }
    return String(decoding: path.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
}

/// Runs `body`; a failure of stored content learns which file of the tree it concerns.
func naming<R>(_ path: [UInt8], _ body: () throws -> R) throws -> R {
    do {
        return try body()
    } catch let failure as SnapshotFailure {
        throw failure.at(path)
    }
}
