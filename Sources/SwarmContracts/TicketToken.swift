/// The secret of a ticket: it has no printable form, so that no log, error or dump gives it away.
package struct TicketToken: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself, for the one place that needs it.
    package let exposed: String

    package init(_ text: String) { exposed = text }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Compares every byte whatever the first difference is: the time tells at most the length.
    package static func == (left: TicketToken, right: TicketToken) -> Bool {
        let (left, right) = (Array(left.exposed.utf8), Array(right.exposed.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
