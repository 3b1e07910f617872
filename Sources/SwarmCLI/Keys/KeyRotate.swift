internal import ArgumentParser
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine

struct KeyRotate: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make a new key for new nodes.",
        discussion: """
            Older nodes keep the key that they were made under, and the store keeps all of them: nothing is encrypted anew, \
            and whoever has an older recovery string still opens what was made until now, but nothing that comes.

            Afterwards: save `swarm key export` again, and import it on your other machines. Others need the new lines of \
            `swarm key show --public` and `--recipient`, and workers on GitHub a new `swarm backend github setup`.
            """
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ context: Context) throws -> Int32 {
        let layout = try context.layout()
        let keyring = try Store.rotateKey(layout) { try Passphrase.ask(for: "the store's key", context.console) }
        let (current, all) = (keyring.current.keyID.description, keyring.all.map(\.keyID.description))
        if context.console.json {
            context.console.write([
                "status": "rotated", "key_id": .string(current), "keys": .array(all.map(JSONValue.string)),
            ])
        } else {
            context.console.say(
                "new nodes are made under \(current); older ones keep their key (\(all.count - 1) there)"
            )
            context.console.say("next: keep the output of `swarm key export`, which has grown, in place of the old one")
        }
        return 0
    }
}
