package import SwarmContracts
internal import SwarmPlatform

/// Tells when a process that was started for a run carries it. To be made before the process is started.
///
/// It only looks: to try the run's lock could keep it from that very process.
package struct RunHandover {
    private let folder: RunFolder
    private let before: FileStamp?

    package init(_ store: Store, _ run: RunID) {
        folder = store.layout.run(run)
        before = try? FileStamp(folder.request)
    }

    /// Whether the process has taken the run: it got the lock, its request was accepted, and its workspace is prepared.
    package func isTaken(by process: Int32) -> Bool {
        // The request alone may be another attempt of whoever has the run; the id alone may be of a process long gone.
        guard let now = try? FileStamp(folder.request), now != before else { return false }
        return RunLock.writer(folder)?.process == process
    }
}
