import SwarmTestSupport
import TestTools
import Testing

@Suite("GitHub as a backend, over HTTP")
struct PromiseTests {
    private let folder: TestTools.TemporaryFolder

    init() throws { folder = try TestTools.TemporaryFolder() }

    @Test("keeps what every backend promises", arguments: BackendPromise.allCases)
    func promises(promise: BackendPromise) async throws {
        let broken = try await BlockingWork.run { [folder] in
            let stages = Stages()
            return try BackendPromises(in: folder.path) { try stages.make() }.examine(promise)
        }
        #expect(broken.map(\.description) == [])
    }

    /// The servers of one examination, stopped with it.
    private final class Stages {
        private var all: [GitHubStage] = []

        func make() throws -> GitHubStage {
            let stage = try GitHubStage()
            all.append(stage)
            return stage
        }

        deinit { for stage in all { stage.stop() } }
    }
}
