internal import CPlatform
internal import SwarmPlatform

/// What overlayfs writes into an upper layer beside files: extended attributes under `user.overlay.` (mounts with `userxattr`)
/// or `trusted.overlay.`.
enum OverlayMarks {
    /// Whether the folder hides everything of the layers below. `x` marks one that holds whiteouts in the form of
    /// attributes and hides nothing else.
    static func isOpaque(_ folder: Descriptor) -> Bool { value(folder, "opaque") == UInt8(ascii: "y") }

    /// Whether an empty regular file stands for a removed name.
    static func isWhiteout(_ file: Descriptor) -> Bool { value(file, "whiteout") != nil }

    /// Throws where the layer was written by a mount with features that this room cannot read.
    static func refuseUnknown(_ file: Descriptor, _ path: [UInt8]) throws(SnapshotFailure) {
        for feature in ["redirect", "metacopy"] where value(file, feature) != nil {
            throw .unsupportedLayer(path: shown(path), reason: "it was written by a mount with \(feature)")
        }
    }

    /// The first byte of a mark, 0 for an empty one; nil where there is none.
    private static func value(_ file: Descriptor, _ name: String) -> UInt8? {
        for space in ["user", "trusted"] {
            var bytes = [UInt8](repeating: 0, count: 4096)
            if swarm_fgetxattr(file.number, "\(space).overlay.\(name)", &bytes, bytes.count) >= 0 { return bytes[0] }
        }
        return nil
    }
}
