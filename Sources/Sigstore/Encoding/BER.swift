/// One element of ASN.1 in the basic encoding rules (ITU-T X.690), of which the distinguished rules are a part.
struct BERElement {
    /// The identifier octet; identifiers of several octets are not read.
    let tag: UInt8
    /// The contents octets, without an end-of-contents mark.
    let content: ArraySlice<UInt8>
    /// The whole element as it stands.
    let raw: ArraySlice<UInt8>
    /// True where the length is definite.
    let isDefinite: Bool
    fileprivate let depth: Int

    /// A reader of the elements inside a constructed element.
    func reader() throws(BERFailure) -> BERReader {
        guard tag & 0x20 != 0 else { throw BERFailure(reason: "a primitive element where a constructed one is due") }
        return BERReader(content, depth: depth + 1)
    }

    /// The bytes of an OCTET STRING, which BER may split into parts.
    func octets() throws(BERFailure) -> [UInt8] {
        if tag & 0x20 == 0 { return Array(content) }
        var bytes: [UInt8] = []
        var parts = try reader()
        while let part = try parts.nextIfAny() {
            guard part.tag & 0x1f == 0x04 else { throw BERFailure(reason: "a part of a string is not a string") }
            bytes += try part.octets()
        }
        return bytes
    }

    /// A small INTEGER that is not negative.
    func smallInteger() throws(BERFailure) -> Int {
        guard tag == BERTag.integer, let first = content.first, first < 0x80, content.count <= 4 else {
            throw BERFailure(reason: "not a small integer")
        }
        return content.reduce(0) { $0 << 8 | Int($1) }
    }
}

/// Why bytes are not read as ASN.1.
struct BERFailure: Error {
    let reason: String
}

/// Identifier octets.
enum BERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let objectIdentifier: UInt8 = 0x06
    static let utf8String: UInt8 = 0x0c
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31

    /// A constructed element of the context-specific class.
    static func context(_ number: UInt8) -> UInt8 { 0xa0 | number }
}

/// Reads elements one after another. Nesting is limited, and every length is checked against what is there.
struct BERReader {
    private static let maximumDepth = 32
    private var rest: ArraySlice<UInt8>
    private let depth: Int

    init(_ bytes: ArraySlice<UInt8>) { self.init(bytes, depth: 0) }

    fileprivate init(_ bytes: ArraySlice<UInt8>, depth: Int) {
        self.rest = bytes
        self.depth = depth
    }

    /// The single element that `bytes` consist of.
    static func only(_ bytes: ArraySlice<UInt8>, tag: UInt8) throws(BERFailure) -> BERElement {
        var reader = BERReader(bytes)
        let element = try reader.next(tag)
        guard reader.isAtEnd else { throw BERFailure(reason: "bytes behind the element") }
        return element
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next element, which must have the given identifier.
    mutating func next(_ tag: UInt8) throws(BERFailure) -> BERElement {
        guard rest.first == tag else { throw BERFailure(reason: "element \(tag) is missing") }
        return try next()
    }

    /// The next element where it has the given identifier; otherwise nothing is read.
    mutating func nextIf(_ tag: UInt8) throws(BERFailure) -> BERElement? {
        rest.first == tag ? try next() : nil
    }

    /// The next element, or nil at the end.
    mutating func nextIfAny() throws(BERFailure) -> BERElement? {
        isAtEnd ? nil : try next()
    }

    /// The next element.
    mutating func next() throws(BERFailure) -> BERElement {
        guard depth < Self.maximumDepth else { throw BERFailure(reason: "nested too deep") }
        let whole = rest
        guard let tag = rest.popFirst(), tag & 0x1f != 0x1f, let first = rest.popFirst() else {
            throw BERFailure(reason: "an element does not end")
        }
        if first == 0x80 { return try indefinite(tag, whole) }
        var length = Int(first)
        if first > 0x80 {
            let octets = Int(first & 0x7f)
            guard octets <= 4, rest.count >= octets else { throw BERFailure(reason: "a length is too long") }
            length = rest.prefix(octets).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(octets)
        }
        guard length <= rest.count else { throw BERFailure(reason: "an element does not end") }
        let content = rest.prefix(length)
        rest = rest.dropFirst(length)
        let raw = whole.prefix(rest.startIndex - whole.startIndex)
        return BERElement(tag: tag, content: content, raw: raw, isDefinite: true, depth: depth)
    }

    private mutating func indefinite(_ tag: UInt8, _ whole: ArraySlice<UInt8>) throws(BERFailure) -> BERElement {
        guard tag & 0x20 != 0 else { throw BERFailure(reason: "a primitive element without a length") }
        let start = rest
        var inner = BERReader(rest, depth: depth + 1)
        while true {
            let before = inner.rest
            let element = try inner.next()
            guard element.tag == 0 else { continue }
            guard element.content.isEmpty, element.isDefinite else { throw BERFailure(reason: "a malformed end mark") }
            let content = start.prefix(before.startIndex - start.startIndex)
            rest = inner.rest
            let raw = whole.prefix(rest.startIndex - whole.startIndex)
            return BERElement(tag: tag, content: content, raw: raw, isDefinite: false, depth: depth)
        }
    }
}

/// An object identifier as its contents octets.
struct ObjectID: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The identifier with the given arcs.
    init(arcs first: UInt, _ second: UInt, _ more: UInt...) {
        var bytes: [UInt8] = []
        for arc in [first * 40 + second] + more {
            var groups = [UInt8(arc & 0x7f)]
            var rest = arc >> 7
            while rest > 0 {
                groups.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            bytes += groups.reversed()
        }
        self.bytes = bytes
    }

    /// The identifier that an OBJECT IDENTIFIER element holds.
    init(_ element: BERElement) throws(BERFailure) {
        guard element.tag == BERTag.objectIdentifier, !element.content.isEmpty else {
            throw BERFailure(reason: "not an object identifier")
        }
        self.init(element.content)
    }
}

/// Writes definite lengths in the distinguished encoding rules (X.690 section 10.1).
enum DERWriter {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        guard content.count >= 0x80 else { return [tag, UInt8(content.count)] + content }
        var octets: [UInt8] = []
        var rest = content.count
        while rest > 0 {
            octets.insert(UInt8(rest & 0xff), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(octets.count)] + octets + content
    }
}
