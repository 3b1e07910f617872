internal import SwarmCapability
internal import SwarmContracts

/// The keys of a worker for one step: it opens the node that it starts from and the node that it makes, and no other.
struct StepGrant: Redacted, Sendable {
    private let parent: StepIdentity
    private let readParent: ReadKey
    private let child: StepIdentity
    private let readChild: ReadKey
    /// Names and seals what the step writes.
    let write: ContentSecret

    /// The keys that a request carries; nil where one of them is not of 32 bytes.
    init?(_ request: DispatchRequest) {
        guard let readParent = ReadKey(bytes: request.caps.readParent),
            let readChild = ReadKey(bytes: request.caps.readChild),
            let write = ContentSecret(bytes: request.caps.writeChild)
        else { return nil }
        parent = request.parent.descriptor.identity
        child = request.child
        (self.readParent, self.readChild, self.write) = (readParent, readChild, write)
    }

    /// `read(n)` of one of the two nodes; nil for any other.
    func readKey(of identity: StepIdentity) -> ReadKey? {
        if identity == child { return readChild }
        return identity == parent ? readParent : nil
    }
}
