internal import CSQLite
internal import SwarmContracts

/// A prepared statement. Used by one thread at a time: whoever holds its connection.
final class Statement {
    let handle: OpaquePointer
    private unowned let connection: Connection

    init(_ handle: OpaquePointer, of connection: Connection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds the values from the first parameter on.
    func bind(_ values: [SQLValue]) throws(StateFailure) {
        for (index, value) in values.enumerated() {
            let position = Int32(index + 1)
            let code =
                switch value {
                case .null: sqlite3_bind_null(handle, position)
                case .integer(let value): sqlite3_bind_int64(handle, position, value)
                case .real(let value): sqlite3_bind_double(handle, position, value)
                case .text(var text):
                    text.withUTF8 { bytes in
                        bytes.withMemoryRebound(to: CChar.self) { characters in
                            // An empty string may have no address, which SQLite would take for NULL.
                            guard let base = characters.baseAddress else {
                                return swarm_sqlite_bind_text(handle, position, "", 0)
                            }
                            return swarm_sqlite_bind_text(handle, position, base, Int32(clamping: characters.count))
                        }
                    }
                case .brokenText(let bytes):
                    bytes.withUnsafeBytes { bytes in
                        bytes.withMemoryRebound(to: CChar.self) { characters in
                            swarm_sqlite_bind_text(
                                handle,
                                position,
                                characters.baseAddress,
                                Int32(clamping: characters.count)
                            )
                        }
                    }
                case .blob(let bytes):
                    bytes.withUnsafeBytes {
                        swarm_sqlite_bind_blob(handle, position, $0.baseAddress, Int32(clamping: $0.count))
                    }
                }
            if code != SQLITE_OK { throw connection.failure(code) }
        }
    }

    /// Goes to the next row; false at the end.
    func step() throws(StateFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw connection.failure(code)
        }
    }

    /// Makes it ready for the next use; values that were bound are let go.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    var columnCount: Int { Int(sqlite3_column_count(handle)) }

    func columnName(_ column: Int) -> String {
        guard let name = sqlite3_column_name(handle, Int32(column)) else { return "" }
        return String(cString: name)
    }

    func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

    func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

    func text(_ column: Int) -> String {
        guard let start = sqlite3_column_text(handle, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func blob(_ column: Int) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, Int32(column)) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    func value(_ column: Int) -> SQLValue {
        switch sqlite3_column_type(handle, Int32(column)) {
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, Int32(column)))
        case SQLITE_TEXT: textValue(column)
        case SQLITE_BLOB: .blob(blob(column))
        default: .null
        }
    }

    private func textValue(_ column: Int) -> SQLValue {
        guard let start = sqlite3_column_text(handle, Int32(column)) else { return .text("") }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, Int32(column))))
        if let text = String(validating: bytes, as: UTF8.self) { return .text(text) }
        return .brokenText(Array(bytes))
    }

    /// The digest in a column; a value of any other length means that the file is damaged.
    func digest(_ column: Int) throws(StateFailure) -> Digest256 {
        guard let start = sqlite3_column_blob(handle, Int32(column)),
            sqlite3_column_bytes(handle, Int32(column)) == Int32(Digest256.count)
        else { throw .damaged(path: connection.path) }
        return Digest256(loading: start)
    }

    /// The node id in a column, or nil for NULL; a value of any other length means that the file is damaged.
    func node(_ column: Int) throws(StateFailure) -> NodeID? {
        if isNull(column) { return nil }
        let bytes = blob(column)
        guard bytes.count == 16, let id = NodeID("node-" + Hex.encode(bytes)) else {
            throw .damaged(path: connection.path)
        }
        return id
    }

    /// The node id in a column that is never NULL.
    func requiredNode(_ column: Int) throws(StateFailure) -> NodeID {
        guard let id = try node(column) else { throw .damaged(path: connection.path) }
        return id
    }
}
