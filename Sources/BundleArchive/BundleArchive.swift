/// The bundle file: a node made portable.
///
/// It is a POSIX ustar archive (IEEE Std 1003.1-2017, pax, "ustar Interchange Format") in one fixed form: regular files
/// alone, in the byte order of their names, mode 0644, owner and group 0 without names, time 0, two zero blocks at the
/// end. The same members give the same bytes everywhere.
package enum BundleArchive {}
