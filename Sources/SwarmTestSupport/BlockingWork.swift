internal import SwarmPlatform

/// Work of a test that blocks.
package enum BlockingWork {
    /// Runs it on a thread of its own. Swift's threads are few: a test that blocks one keeps from being done what it waits for.
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try WorkerThread { continuation.resume(with: Result { try body() }) }
            } catch { continuation.resume(throwing: error) }
        }
    }
}
