/// A type that holds a secret. Whatever prints it, by interpolation, `debugPrint`, `dump` or a mirror, shows its name alone.
package protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    package var description: String { "\(type(of: self))(redacted)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension ContentSecret: Redacted {}
extension ChunkKey: Redacted {}
