/// The index's word that it has every chunk which a stat cache names.
package struct StatCacheVoucher: Sendable {
    fileprivate let key: String
    fileprivate let id: String

    /// `name` is that of the cache's file, which stays the same for one directory; `id` tells one content of it from another.
    package init(name: String, id: String) { (key, self.id) = (Index.statCaches + name, id) }
}

/// To look for each chunk of a large tree at each import costs more than to look at its files. So the commit that enters the
/// chunks of a stat cache says so in the same transaction, and what takes a chunk out takes all such words back. An index that
/// was made anew, or an older one that was put in its place, has no word for the cache, and its chunks are looked for.
extension Index {
    fileprivate static let statCaches = "stat-cache/"

    /// Whether the chunks that this stat cache names are all here.
    package func vouches(forStatCache id: String, of name: String) throws(StateFailure) -> Bool {
        try meta(Index.statCaches + name) == id
    }

    static func vouch(_ voucher: StatCacheVoucher, in database: Connection) throws(StateFailure) {
        try setMeta(voucher.key, voucher.id, in: database)
    }

    /// To be called in the transaction that takes a chunk out.
    static func takeVouchersBack(in database: Connection) throws(StateFailure) {
        // `0` is the character behind `/`.
        try database.run("DELETE FROM meta WHERE key >= 'stat-cache/' AND key < 'stat-cache0'")
    }
}
