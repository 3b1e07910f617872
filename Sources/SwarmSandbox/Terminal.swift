internal import CSandbox
internal import Glibc
internal import SwarmPlatform

/// A terminal of swarm's own for the step, and swarm's terminal in raw mode meanwhile.
final class Terminal {
    /// Our end; what the step writes is read here.
    let outer: Descriptor
    /// The step's end, closed once the step has it.
    let inner: Descriptor
    private var saved: termios?
    private var rows: UInt16 = 24
    private var columns: UInt16 = 80
    private var pending: [UInt8] = []
    private var inputEnded = false
    /// Whether the last that was passed on has ended a line: what follows then stands at the beginning of one.
    private var lineEnded = true

    init() throws(SandboxFailure) {
        swarm_get_window(STDIN_FILENO, &rows, &columns)
        var numbers: (outer: Int32, inner: Int32) = (-1, -1)
        guard swarm_open_terminal(&numbers.outer, &numbers.inner, rows, columns) == 0 else {
            throw .system(.last("open", "a pseudo-terminal"))
        }
        outer = Descriptor(owning: numbers.outer, path: "terminal")
        inner = Descriptor(owning: numbers.inner, path: "terminal")
        _ = fcntl(numbers.outer, F_SETFL, O_RDWR | O_NONBLOCK)
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
        saved = settings
        cfmakeraw(&settings)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    deinit { restore() }

    /// Gives the person's terminal back as it was. May be called twice.
    func restore() {
        guard var settings = saved else { return }
        saved = nil
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    /// Whether input may be read: none is waiting to be written and none has ended.
    var wantsInput: Bool { pending.isEmpty && !inputEnded }
    /// Whether input waits for the step to read.
    var wantsOutput: Bool { !pending.isEmpty }

    /// Reads what was typed; its end is passed on as the step's terminal would (Ctrl-D).
    func readInput() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        if count > 0 {
            pending += buffer[..<count]
            lineEnded = [10, 13, endOfFile].contains(buffer[count - 1])
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            inputEnded = true
            // Behind a begun line the first one only hands over what there is of it.
            pending += lineEnded ? [endOfFile] : [endOfFile, endOfFile]
        }
        writeInput()
    }

    /// The character that ends input on the step's terminal.
    private var endOfFile: UInt8 {
        var settings = termios()
        guard tcgetattr(outer.number, &settings) == 0 else { return 4 }
        return withUnsafeBytes(of: settings.c_cc) { $0[Int(VEOF)] }
    }

    /// Writes as much as the step's terminal takes.
    func writeInput() {
        guard !pending.isEmpty else { return }
        let count = write(outer.number, pending, pending.count)
        if count > 0 { pending.removeFirst(count) }
    }

    /// Passes a change of the person's window on. Asked for regularly: a handler for SIGWINCH would be the whole
    /// process's affair.
    func followWindow() {
        var now: (rows: UInt16, columns: UInt16) = (0, 0)
        guard swarm_get_window(STDIN_FILENO, &now.rows, &now.columns) == 0, now != (rows, columns) else { return }
        (rows, columns) = now
        swarm_set_window(outer.number, rows, columns)
    }
}
