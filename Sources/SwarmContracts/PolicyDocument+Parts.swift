extension PolicyDocument {
    /// How much a step may use. What is nil is not limited.
    package struct Limits: Hashable, Sendable {
        /// Wall time in seconds.
        package var maxRuntimeSec: Int
        package var maxRetries: Int
        package var maxMemoryBytes: Int?
        package var maxProcesses: Int?
        package var maxOutputBytes: Int?

        package init(
            maxRuntimeSec: Int,
            maxRetries: Int,
            maxMemoryBytes: Int? = nil,
            maxProcesses: Int? = nil,
            maxOutputBytes: Int? = nil
        ) {
            self.maxRuntimeSec = maxRuntimeSec
            self.maxRetries = maxRetries
            self.maxMemoryBytes = maxMemoryBytes
            self.maxProcesses = maxProcesses
            self.maxOutputBytes = maxOutputBytes
        }

        init(members: MemberReader) throws(DocumentFailure) {
            maxRuntimeSec = try members.required("max_runtime_sec", .integer(atLeast: 1))
            maxRetries = try members.required("max_retries", .integer())
            maxMemoryBytes = try members.optional("max_memory_bytes", .integer(atLeast: 1))
            maxProcesses = try members.optional("max_processes", .integer(atLeast: 1))
            maxOutputBytes = try members.optional("max_output_bytes", .integer())
        }

        var value: JSONValue {
            .members([
                "max_runtime_sec": JSONValue(maxRuntimeSec), "max_retries": JSONValue(maxRetries),
                "max_memory_bytes": maxMemoryBytes.map { JSONValue($0) },
                "max_processes": maxProcesses.map { JSONValue($0) },
                "max_output_bytes": maxOutputBytes.map { JSONValue($0) },
            ])
        }
    }

    /// What the route may carry.
    package struct Network: Hashable, Sendable {
        /// The hosts that an exit resolves; nil is every host that it allows anyway.
        package var allowHosts: [String]?
        /// False forbids a fall-back from `client_exit` to the host's network, whatever a flag says.
        package var allowDirectFallback: Bool?

        package init(allowHosts: [String]? = nil, allowDirectFallback: Bool? = nil) {
            self.allowHosts = allowHosts
            self.allowDirectFallback = allowDirectFallback
        }

        init(members: MemberReader) throws(DocumentFailure) {
            allowHosts = try members.optional("allow_hosts", .texts)
            allowDirectFallback = try members.optional("allow_direct_fallback", .boolean)
        }

        var value: JSONValue {
            .members([
                "allow_hosts": allowHosts.map { .texts($0) },
                "allow_direct_fallback": allowDirectFallback.map { .bool($0) },
            ])
        }
    }

    /// Paths beyond the sandbox's own, relative to `~` or the workspace where they lie under it.
    package struct FileAccess: Hashable, Sendable {
        package var read: [String]?
        package var write: [String]?
        /// Relative to the home: snapshotted with the node and restored by resume.
        package var keep: [String]?

        package init(read: [String]? = nil, write: [String]? = nil, keep: [String]? = nil) {
            self.read = read
            self.write = write
            self.keep = keep
        }

        init(members: MemberReader) throws(DocumentFailure) {
            read = try members.optional("read", .texts)
            write = try members.optional("write", .texts)
            keep = try members.optional("keep", .texts)
        }

        var value: JSONValue {
            .members([
                "read": read.map { .texts($0) }, "write": write.map { .texts($0) }, "keep": keep.map { .texts($0) },
            ])
        }
    }

    /// Names of environment variables that reach the step, never values.
    package struct Env: Hashable, Sendable {
        package var pass: [String]?

        package init(pass: [String]? = nil) { self.pass = pass }

        init(members: MemberReader) throws(DocumentFailure) { pass = try members.optional("pass", .texts) }

        var value: JSONValue { .members(["pass": pass.map { .texts($0) }]) }
    }

    /// Who wrote the policy, and when.
    package struct Provenance: Hashable, Sendable {
        package var generator: String
        package var generatedAt: String

        package init(generator: String, generatedAt: String) {
            self.generator = generator
            self.generatedAt = generatedAt
        }

        init(members: MemberReader) throws(DocumentFailure) {
            generator = try members.required("generator", .text)
            generatedAt = try members.required("generated_at", .time)
        }

        var value: JSONValue { ["generator": .string(generator), "generated_at": .string(generatedAt)] }
    }
}
