/// The moments of an apply at which a test may stop it, or do what a user might do just then.
enum ApplyMoment: Equatable {
    case staging([UInt8])
    case staged
    case checked
    case doing(ActionKind, [UInt8])
    case renamed([UInt8])
    case exchanged([UInt8])
    case movedAway([UInt8])
    case finished
}

/// A test stopped the apply as a kill would: nothing is tidied.
struct Interruption: Error {
    let cause: any Error
}
