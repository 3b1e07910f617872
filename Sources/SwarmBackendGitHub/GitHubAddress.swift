internal import SwarmContracts

/// Which repository at which API.
package struct GitHubAddress: Sendable, Equatable, CustomStringConvertible {
    /// The API's base without a slash at the end: `https://api.github.com`, `https://HOST/api/v3`.
    package let api: String
    package let owner: String
    package let repository: String

    package static let publicAPI = "https://api.github.com"

    /// Takes a base URL and `owner/repository`. Throws exit 2 naming which does not hold.
    package init(api: String, repository: String) throws(GitHubFailure) {
        var base = api
        while base.hasSuffix("/") { base.removeLast() }
        let isPlain = base.utf8.allSatisfy { (0x21...0x7e).contains($0) } && !base.contains("@") && !base.contains("?")
        guard isPlain, base.hasPrefix("https://") || base.hasPrefix("http://"), base.count > 8 else {
            throw .addressInvalid("'\(Name.shown(api))' is no base URL of an API")
        }
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy(GitHubAddress.isName) else {
            throw .addressInvalid("'\(Name.shown(repository))' is not owner/repository")
        }
        self.api = base
        owner = parts[0]
        self.repository = parts[1]
    }

    /// A name of an owner or a repository: what GitHub allows, so that it can stand in a path.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// The repository in a remote of git: `git@github.com:o/r.git`, `https://github.com/o/r`, `ssh://git@host/o/r.git`.
    package static func repository(ofRemote url: String) -> String? {
        var rest = url[...]
        if let scheme = rest.range(of: "://") {
            rest = rest[scheme.upperBound...]
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            rest = rest[rest.index(after: slash)...]
        } else if let colon = rest.firstIndex(of: ":") {
            rest = rest[rest.index(after: colon)...]
        } else {
            return nil
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.hasSuffix(".git") { rest = rest.dropLast(4) }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 && parts.allSatisfy(isName) ? parts.joined(separator: "/") : nil
    }

    /// `owner/repository`.
    package var description: String { "\(owner)/\(repository)" }

    /// The URL of a path under the repository: `/actions/runs`.
    func url(_ path: String) -> String { "\(api)/repos/\(owner)/\(repository)\(path)" }

    /// Scheme, host and port: where the token may go.
    static func origin(of url: String) -> String? {
        guard let scheme = url.range(of: "://") else { return nil }
        let host = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !host.isEmpty, !host.contains("@") else { return nil }
        return (url[..<scheme.upperBound] + host).lowercased()
    }

    /// A text as it stands in one part of a path or a query (RFC 3986 section 2.3).
    static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return out
    }
}

extension StringProtocol {
    /// Where `text` stands first.
    func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
