/// What one worker is asked to do (`swarm-dispatch-v1`): the step, what it starts from, and the keys of exactly the two nodes
/// between which it stands.
///
/// It holds keys and values of variables: it travels sealed alone, and has no printable form.
package struct DispatchRequest: Document, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package static let name = "dispatch"
    static let schemaVersion = "swarm-dispatch-v1"

    /// The public nonce by which the run is found again among others.
    package let requestID: String
    /// The operator's did:key; whoever signs the request.
    package let issuer: String
    /// The id of the worker's key, so that the request cannot be handed on to another worker.
    package let audience: String
    package let issuedAtUnix: Int64
    package let expiresAtUnix: Int64
    /// The node that is to be made.
    package let child: StepIdentity
    /// What the certificate's `request_hash` is of.
    package let request: RunRequest
    package let policy: PolicyDocument
    package let parent: Parent
    package let runnerClass: RunnerClass
    /// Whether the key that opens this opens requests of other runs too.
    package let workerKey: WorkerKeyScope
    /// How far the step must be shut in, where the policy does not leave that open.
    package let sandbox: Certificate.Sandbox.Level
    /// Where the workspace stands for the step.
    package let workdir: String
    /// What is to be written to the state database before the step.
    package let events: [StateEvent]
    package let bundle: BundleForm
    /// The values of the passed variables that are set.
    package let environment: [Variable]
    package let caps: Caps

    package init(
        requestID: String,
        issuer: String,
        audience: String,
        issuedAtUnix: Int64,
        expiresAtUnix: Int64,
        child: StepIdentity,
        request: RunRequest,
        policy: PolicyDocument,
        parent: Parent,
        runnerClass: RunnerClass,
        workerKey: WorkerKeyScope,
        sandbox: Certificate.Sandbox.Level,
        workdir: String,
        events: [StateEvent],
        bundle: BundleForm,
        environment: [Variable],
        caps: Caps
    ) {
        self.requestID = requestID
        self.issuer = issuer
        self.audience = audience
        self.issuedAtUnix = issuedAtUnix
        self.expiresAtUnix = expiresAtUnix
        self.child = child
        self.request = request
        self.policy = policy
        self.parent = parent
        self.runnerClass = runnerClass
        self.workerKey = workerKey
        self.sandbox = sandbox
        self.workdir = workdir
        self.events = events
        self.bundle = bundle
        self.environment = environment
        self.caps = caps
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(DispatchRequest.schemaVersion))
        requestID = try members.required("request_id", .text)
        issuer = try members.required("issuer", .text)
        audience = try members.required("audience", .text)
        issuedAtUnix = try members.required("issued_at_unix", .unixSeconds)
        expiresAtUnix = try members.required("expires_at_unix", .unixSeconds)
        child = try StepIdentity(members: members.object("child"))
        request = try RunRequest(members: members.object("request"))
        policy = try PolicyDocument(members: members.object("policy"))
        parent = try Parent(members: members.object("parent"))
        runnerClass = try members.required("runner_class", .word)
        workerKey = try members.optional("worker_key", .word) ?? .epoch
        sandbox = try members.required("sandbox", .word)
        workdir = try members.required("workdir", .text)
        events = try members.required("events", DispatchRequest.list("events", StateEvent.init(value:)))
        bundle = try members.required("bundle", .word)
        environment = try members.required("environment", DispatchRequest.list("variables", Variable.init(value:)))
        caps = try Caps(members: members.object("caps"))
        try agree(members)
    }

    /// What is said twice must be the same: the readers of either believe it.
    private func agree(_ members: MemberReader) throws(DocumentFailure) {
        guard request.runID == child.runID, request.operation == child.operation,
            request.parentNodeID == child.parentNodeID
        else { throw members.failure("child", "the identity that $.request has") }
        guard request.policyHash == policy.sha256 else {
            throw members.failure("policy", "the policy that $.request.policy_hash names")
        }
        guard parent.descriptor.ratchetStep + 1 == child.ratchetStep else {
            throw members.failure("parent", "a node one step above the child")
        }
    }

    private static func list<Element: Sendable>(
        _ what: String,
        _ read: @escaping @Sendable (JSONValue) -> Element?
    ) -> MemberForm<[Element]> {
        MemberForm("an array of \(what)") { value in
            guard let elements = value.elements else { return nil }
            let read = elements.compactMap(read)
            return read.count == elements.count ? read : nil
        }
    }

    /// The document with its keys in the clear: what is sealed, never what is shown.
    package var value: JSONValue {
        [
            "schema_version": .string(DispatchRequest.schemaVersion), "request_id": .string(requestID),
            "issuer": .string(issuer), "audience": .string(audience), "issued_at_unix": .integer(issuedAtUnix),
            "expires_at_unix": .integer(expiresAtUnix), "child": .object(child.members), "request": request.value,
            "policy": policy.value, "parent": parent.value, "runner_class": .word(runnerClass),
            "worker_key": .word(workerKey),
            "sandbox": .word(sandbox), "workdir": .string(workdir), "events": .array(events.map(\.value)),
            "bundle": .word(bundle), "environment": .array(environment.map(\.value)), "caps": caps.value,
        ]
    }

    package var description: String { "DispatchRequest(\(requestID), redacted)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension DispatchRequest {
    /// The node that the step starts from.
    package struct Parent: Sendable, Equatable {
        /// The name of its bundle; that of `descriptor`.
        package let bundleSHA256: Digest256
        package let descriptor: BundleDescriptor
        /// Null where the parent is `root`.
        package let certificateSHA256: Digest256?
        package let source: ParentSource

        package init(descriptor: BundleDescriptor, certificateSHA256: Digest256?, source: ParentSource) {
            bundleSHA256 = descriptor.bundleSHA256
            self.descriptor = descriptor
            self.certificateSHA256 = certificateSHA256
            self.source = source
        }

        init(members: MemberReader) throws(DocumentFailure) {
            bundleSHA256 = try members.required("bundle_sha256", .digest)
            descriptor = try BundleDescriptor(members: members.object("descriptor"))
            certificateSHA256 = try members.nullable("certificate_sha256", .digest)
            source = try ParentSource(members: members.object("source"))
            guard descriptor.bundleSHA256 == bundleSHA256 else {
                throw members.failure("bundle_sha256", "the name of $.parent.descriptor")
            }
        }

        var value: JSONValue {
            [
                "bundle_sha256": .digest(bundleSHA256), "descriptor": descriptor.value,
                "certificate_sha256": .digest(certificateSHA256), "source": source.value,
            ]
        }
    }

    /// A variable of the operator's environment that the policy passes. Its value is not printed.
    package struct Variable: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
        CustomReflectable
    {
        package let name: String
        /// The value itself, for the one place that needs it.
        package let exposed: String

        package init(name: String, exposed: String) { (self.name, self.exposed) = (name, exposed) }

        init?(value: JSONValue) {
            guard let name = value["name"]?.text, !name.isEmpty, let text = value["value"]?.text else { return nil }
            self.init(name: name, exposed: text)
        }

        var value: JSONValue { ["name": .string(name), "value": .string(exposed)] }

        package var description: String { "\(name)=<redacted>" }
        package var debugDescription: String { description }
        package var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// The keys of a worker for the step from N to N+1: `read(N)`, `read(N+1)` and `write(N+1)`, 32 bytes each, and
    /// nothing from which another could be derived.
    package struct Caps: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        package let readParent: [UInt8]
        package let readChild: [UInt8]
        package let writeChild: [UInt8]

        package init(readParent: [UInt8], readChild: [UInt8], writeChild: [UInt8]) {
            self.readParent = readParent
            self.readChild = readChild
            self.writeChild = writeChild
        }

        init(members: MemberReader) throws(DocumentFailure) {
            readParent = try members.required("read_parent", Caps.key)
            readChild = try members.required("read_child", Caps.key)
            writeChild = try members.required("write_child", Caps.key)
        }

        private static var key: MemberForm<[UInt8]> {
            MemberForm("32 bytes in base64url") { value in
                value.text.flatMap { Base64.decode($0, .url) }.flatMap { $0.count == 32 ? $0 : nil }
            }
        }

        var value: JSONValue {
            [
                "read_parent": .string(Base64.encode(readParent, .url)),
                "read_child": .string(Base64.encode(readChild, .url)),
                "write_child": .string(Base64.encode(writeChild, .url)),
            ]
        }

        package var description: String { "Caps(redacted)" }
        package var debugDescription: String { description }
        package var customMirror: Mirror { Mirror(self, children: []) }
    }
}
