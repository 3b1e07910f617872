internal import SwarmContracts
internal import SwarmEngine

struct PlanReport { let context: Context; func show(_ p: Int, json: Bool) -> Int32 { 0 } }
struct Planner { init(store: Store, host: HostContext) {}; func plan(_ o: RunOptions) -> Int { 0 } }
extension Store { func commits(from: OpenedNode, to: OpenedNode) throws -> [String] { [] } }
