import Glibc

/// The parser that this process is fuzzing; set once before the driver starts its one thread.
nonisolated(unsafe) private var target = Target.json

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// `swarm-fuzz TARGET [libFuzzer's arguments]`; without arguments it lists the targets.
@_cdecl("swarm_fuzz_main")
public func fuzzMain(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    guard count > 1, let name = arguments[1], let chosen = Target(rawValue: String(cString: name)) else {
        for known in Target.allCases { print(known.rawValue) }
        return count > 1 ? 2 : 0
    }
    target = chosen
    // The driver reads its own arguments, from behind the target's name.
    arguments[1] = arguments[0]
    var rest = count - 1
    var pointer = arguments + 1
    return runDriver(&rest, &pointer) { bytes, size in
        target.run(Array(UnsafeBufferPointer(start: bytes, count: size)))
        return 0
    }
}
