#if canImport(Glibc)
internal import Glibc
#endif

/// The one line of a terminal's standard error that is written anew in its place.
enum MovingLine {
    /// Writes the text over what stands there, as much of it as a line of the terminal holds.
    static func draw(_ text: String) { Console.raw("\r\u{1b}[K" + text.prefix(max(1, window().width - 1))) }

    /// Takes the line away.
    static func erase() { Console.raw("\r\u{1b}[K") }

    /// Columns and rows of the terminal; those of old where it does not say.
    static func window() -> (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
