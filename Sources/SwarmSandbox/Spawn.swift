internal import CSandbox
internal import Glibc
internal import SwarmPlatform

/// A process to start, in Swift's terms; see `swarm_spawn`.
struct Spawn {
    /// nil: set up and exit, as a probe.
    var program: String?
    var argv: [String] = []
    var environment: [String] = []
    var directory: String?
    var input: Int32
    var output: Int32
    var error: Int32
    /// Become 3, 4, .. in the child; four at most.
    var extra: [Int32] = []
    var terminal = false
    /// The descriptor for the raw wait status; a guardian watches the program where it is set.
    var report: Int32?
    var userNamespace = false
    var namespaceOnly = false
    var overlay: (lower: [String], upper: String, work: String)?
    var groups: [Descriptor] = []
    var addressSpace: Int?

    /// Starts it. The failure says at which stage, with errno.
    func start() -> Result<Int32, Failure> {
        CStrings.with(argv) { argv in
            CStrings.with(environment) { environment in
                CStrings.with(overlay?.lower ?? []) { lower in
                    start(argv, environment, lower)
                }
            }
        }
    }

    struct Failure: Error {
        let stage: Int
        let number: Int32
    }

    private typealias Strings = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    private func start(_ argv: Strings, _ environment: Strings, _ lower: Strings) -> Result<Int32, Failure> {
        var request = swarm_spawn()
        request.argv = UnsafePointer(argv)
        request.envp = UnsafePointer(environment)
        request.stdio = (input, output, error)
        withUnsafeMutableBytes(of: &request.extra) { raw in
            for (slot, number) in zip(raw.bindMemory(to: Int32.self).indices, extra) {
                raw.bindMemory(to: Int32.self)[slot] = number
            }
        }
        request.extra_count = Int32(min(extra.count, 4))
        request.terminal = terminal ? 1 : 0
        request.guarded = report == nil ? 0 : 1
        request.report = report ?? -1
        request.user_namespace = userNamespace ? 1 : 0
        request.namespace_only = namespaceOnly ? 1 : 0
        request.lower_count = Int32(overlay?.lower.count ?? 0)
        request.address_space = addressSpace.map(Int64.init) ?? -1
        request.open_files = OpenFiles.softLimitBefore ?? -1
        let groups = self.groups.map(\.number)
        let names = CStrings([program, directory, overlay?.upper, overlay?.work])
        request.program = names[0]
        request.directory = names[1]
        request.upper = names[2]
        request.work = names[3]
        var failure = swarm_spawn_failure()
        let pid = groups.withUnsafeBufferPointer { groups -> Int32 in
            request.cgroup_procs = groups.baseAddress
            request.cgroup_count = Int32(groups.count)
            return UnsafeRawPointer(lower).withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: 1) { lower in
                request.lower = lower
                return swarm_spawn(&request, &failure)
            }
        }
        withExtendedLifetime(names) {}
        return pid > 0 ? .success(pid) : .failure(Failure(stage: Int(failure.stage), number: failure.number))
    }
}

/// C strings that live as long as this object.
private final class CStrings {
    private var pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String?]) { pointers = strings.map { $0.map { strdup($0) } ?? nil } }

    deinit { for pointer in pointers { free(pointer) } }

    subscript(index: Int) -> UnsafePointer<CChar>? { UnsafePointer(pointers[index]) }

    /// A null-terminated array of strings.
    static func with<T>(
        _ strings: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
    ) -> T {
        let owner = CStrings(strings)
        let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        defer { array.deallocate() }
        for index in strings.indices { (array + index).initialize(to: owner.pointers[index]) }
        (array + strings.count).initialize(to: nil)
        return withExtendedLifetime(owner) { body(array) }
    }
}
