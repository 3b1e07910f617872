package import SwarmContracts

/// Why a key cannot be had. None of these holds a part of a key.
package enum KeyFailure: Failure, Equatable {
    /// The bytes are no key file, or were damaged; says why.
    case fileMalformed(String)
    /// The key file is whole and this is not its passphrase.
    case passphraseWrong
    /// The key file is wrapped and no passphrase, or an empty one, was given.
    case passphraseRequired
    /// No recovery string; says what is wrong with it.
    case recoveryStringInvalid(RecoveryStringDefect)
    /// The same of one of several, with its number.
    case recoveryLineInvalid(Int, RecoveryStringDefect)
    /// There is no room for another root.
    case ringFull
    /// No recipient's key; says why.
    case recipientInvalid(String)

    package var code: String {
        switch self {
        case .fileMalformed: "KEY_FILE_MALFORMED"
        case .passphraseWrong: "KEY_PASSPHRASE_WRONG"
        case .passphraseRequired: "KEY_PASSPHRASE_REQUIRED"
        case .recoveryStringInvalid, .recoveryLineInvalid: "KEY_RECOVERY_STRING_INVALID"
        case .ringFull: "KEY_RING_FULL"
        case .recipientInvalid: "RECIPIENT_KEY_INVALID"
        }
    }

    package var category: FailureCategory { .invalidInput }

    package var message: String {
        switch self {
        case .fileMalformed(let reason): "the key file is damaged: \(reason)"
        case .passphraseWrong: "the passphrase does not open the key file"
        case .passphraseRequired: "the key file is protected by a passphrase"
        case .recoveryStringInvalid(let defect): "the recovery string is wrong: \(defect.sentence)"
        case .recoveryLineInvalid(let number, let defect): "recovery string \(number) is wrong: \(defect.sentence)"
        case .ringFull: "a key file holds at most \(Keyring.mostRoots) keys"
        case .recipientInvalid(let reason): "the recipient's key is not valid: \(reason)"
        }
    }

    package var hint: String? {
        switch self {
        case .fileMalformed: "restore it from a backup, or with 'swarm key import' from the recovery string"
        case .passphraseWrong:
            "type it again; without it only the recovery string restores the key (swarm key import --replace)"
        case .passphraseRequired:
            "type it at a prompt, or set SWARM_PASSPHRASE_FILE to a file that holds it (or fd:N, a descriptor)"
        case .recoveryStringInvalid(.checksum), .recoveryLineInvalid(_, .checksum):
            "compare it with your copy, character by character"
        case .recoveryStringInvalid, .recoveryLineInvalid:
            "type it again; 'swarm key export' prints it on the machine that has the key"
        case .ringFull: "make a new store, and move nodes there with 'swarm bundle export' and 'swarm state fork'"
        case .recipientInvalid: "ask for the line that 'swarm key show --recipient' prints"
        }
    }
}

extension RecoveryStringDefect {
    var sentence: String {
        switch self {
        case .prefix: "it does not begin with 'swarm1'"
        case .mixedCase: "it mixes upper and lower case"
        case .foreignCharacter(let place):
            "character \(place), spaces and dashes not counted, is never used in a recovery string"
        case .length(let found) where found < RootSecret.recoveryLength:
            "\(RootSecret.recoveryLength - found) of \(RootSecret.recoveryLength) characters are missing"
        case .length(let found): "it is \(found - RootSecret.recoveryLength) characters too long"
        case .checksum: "its checksum does not hold, so at least one character is wrong"
        case .version: "it is of a version that this swarm does not know"
        }
    }
}
