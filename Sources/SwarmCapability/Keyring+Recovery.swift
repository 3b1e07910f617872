extension Keyring {
    /// All that there is to keep: the recovery string of each root on a line of its own, that of the current root first, then
    /// the others from the newest on.
    package func recoveryText() -> SecretText {
        let roots = [current] + all.reversed().filter { $0.keyID != current.keyID }
        return SecretText(roots.map { root in root.recoveryString().withText { $0 + "\n" } }.joined())
    }

    /// Reads what `recoveryText` gives, or a single recovery string; empty lines count for nothing. Throws
    /// `recoveryStringInvalid`, or `recoveryLineInvalid` where there are several, and `ringFull`.
    package init(recoveryText: SecretText) throws(KeyFailure) {
        let lines = recoveryText.withText { text in
            text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
        }
        guard lines.count <= Keyring.mostRoots else { throw .ringFull }
        var roots: [RootSecret] = []
        for (number, line) in lines.enumerated() {
            do throws(KeyFailure) {
                roots.append(try RootSecret(recoveryString: SecretText(line)))
            } catch {
                guard lines.count > 1, case .recoveryStringInvalid(let defect) = error else { throw error }
                throw .recoveryLineInvalid(number + 1, defect)
            }
        }
        guard let first = roots.first, let oldest = roots.last else {
            throw .recoveryStringInvalid(.length(found: 0))
        }
        self.init(current: oldest)
        for root in roots.reversed() { add(root) }
        rotate(to: first)
    }
}
