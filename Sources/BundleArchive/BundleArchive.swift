/// The bundle file: a node made portable.
///
/// It is a POSIX ustar archive (IEEE Std 1003.1-2017, pax, "ustar Interchange Format") in one fixed form: regular files
/// alone, in the byte order of their names, mode 0644, owner and group 0 without names, time 0, two zero blocks at the
/// end. The same members give the same bytes everywhere.
package enum BundleArchive {
    /// Whether a file of so many bytes may be an archive: it has whole blocks of 512 bytes. One that was cut off anywhere mostly has
    /// not.
    package static func mayBeWhole(size: UInt64) -> Bool { size > 0 && size % UInt64(Header.size) == 0 }
}
