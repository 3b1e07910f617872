import SwarmBackend
import SwarmTestSupport
import TestTools
import Testing

@Suite("The examination of backends")
struct BackendPromisesTests {
    private let folder: TestTools.TemporaryFolder

    init() throws { folder = try TestTools.TemporaryFolder() }

    @Test("a backend that keeps its promises passes", arguments: BackendPromise.allCases)
    func honest(promise: BackendPromise) throws {
        let broken = try BackendPromises(in: folder.path) { MemoryStage() }.examine(promise)
        #expect(broken.map(\.description) == [])
    }

    @Test("one that breaks a promise fails the examination of that promise", arguments: MemoryStage.Lie.allCases)
    func lying(lie: MemoryStage.Lie) throws {
        let broken = try BackendPromises(in: folder.path) { MemoryStage(lie: lie) }.examine(lie.promise)
        #expect(!broken.isEmpty)
        #expect(broken.allSatisfy { $0.promise == lie.promise })
    }

    @Test("a time limit that no clock could tell is none")
    func longLimit() throws {
        try LivePacer(timeoutSeconds: .max).wait(milliseconds: 1)
        #expect(throws: WaitFailure.timeout(seconds: 1)) {
            try LivePacer(timeoutSeconds: 1).wait(milliseconds: .max)
        }
    }

    @Test("every promise is broken by some lie: none of them cannot fail")
    func complete() {
        #expect(Set(MemoryStage.Lie.allCases.map(\.promise)) == Set(BackendPromise.allCases))
    }
}
