import SwarmPlatform
import SwarmTestSupport
import Testing

/// Bundles that somebody without a key has altered and whose documents were then made to agree again.
@Suite("Forged bundles")
struct ForgedBundleTests {
    private let scratch: Scratch
    private var forged: String { scratch.folder + "/forged.tar" }

    init() throws {
        scratch = try Scratch()
        try scratch.write("a", "a\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "sh", "-c", "echo b > b")
        try scratch.swarm("bundle", "export", "run:r", "../good.tar")
        try scratch.write(scratch.folder + "/forge.py", ForgedBundleTests.script)
    }

    private func forge(_ kind: String) throws {
        let made = try scratch.shell("python3 ../forge.py \(kind) ../good.tar ../forged.tar")
        #expect(made.exitCode == 0, "\(made)")
    }

    @Test(
        "in the store that has the key, what does not open and what does not belong there is exit 3",
        arguments: [
            ("root", "BUNDLE_ROOT_CLOSED"), ("commitment", "BUNDLE_ROOT_COMMITMENT_MISMATCH"),
            ("chunk", "BUNDLE_CHUNK_DAMAGED"), ("stray", "BUNDLE_CHUNK_UNKNOWN"),
        ]
    )
    func refused(kind: String, code: String) throws {
        try forge("nothing")
        #expect(try scratch.swarm("verify", "bundle", forged).exitCode == 0)
        try forge(kind)
        let run = try scratch.swarm("verify", "bundle", forged, "--json")
        #expect(run.exitCode == 3, "\(run)")
        #expect(run.errorCode == code, "\(run)")
    }

    @Test("without the key nothing is claimed of what only the key opens")
    func keyless() throws {
        try forge("root")
        let other = try Scratch()
        try other.swarm("init")
        for scratch in [other, try Scratch()] {
            let run = try scratch.swarm("verify", "bundle", forged)
            #expect(run.exitCode == 0, "\(run)")
            for name in ["root.opens", "root.commitments", "chunks.present", "chunks.whole", "chunks.known"] {
                #expect(run.text.contains("n.a.   \(name): without its key nothing was opened"), "\(run)")
            }
        }
    }

    private static let script = """
        import hashlib, io, json, sys, tarfile
        kind, source, target = sys.argv[1:]
        with tarfile.open(source) as t: members = {i.name: t.extractfile(i).read() for i in t}
        def sha(data): return 'sha256:' + hashlib.sha256(data).hexdigest()
        def text(value): return json.dumps(value, sort_keys=True, separators=(',', ':')).encode()
        chunks = [n for n in members if n.startswith('chunks/')]
        if kind == 'root':
            members['root.enc'] = b'garbage'
            for name in chunks: members[name] = b'junk'
        if kind == 'chunk': members[chunks[0]] = members[chunks[0]][:-1] + bytes([members[chunks[0]][-1] ^ 1])
        if kind == 'stray': members['chunks/' + 'ab' * 32] = b'junk'
        manifest = json.loads(members['manifest.json'])
        manifest['root_sha256'] = sha(members['root.enc'])
        if kind == 'commitment': manifest['workspace_commitment'] = sha(b'other')
        members['manifest.json'] = text(manifest)
        bundle = sha(members['manifest.json'])
        node = json.loads(members['documents/node.json'])
        del node['node_id']
        node['workspace']['artifact_hash'] = manifest['workspace_commitment']
        node['workspace']['artifact_ref'] = f'swarm:bundle/{bundle}#workspace'
        node['state_db']['snapshot_ref'] = f'swarm:bundle/{bundle}#state'
        node['node_id'] = 'node-' + sha(text(node))[7:39]
        members['documents/node.json'] = text(node)
        cert = json.loads(members['documents/certificate.json'])
        cert['result']['new_state'] |= {'bundle_sha256': bundle, 'bundle_manifest_sha256': manifest['root_sha256']}
        cert['result']['response_locator'] = f'swarm:bundle/{bundle}#response'
        members['documents/certificate.json'] = text(cert)
        result = json.loads(members['documents/result.json'])
        result |= {'artifact_hash': sha(text(cert)), 'bundle_sha256': bundle, 'node_id': node['node_id']}
        result['bundle_ref'] = 'local://nodes/' + node['node_id']
        members['documents/result.json'] = text(result)
        with tarfile.open(target, 'w', format=tarfile.USTAR_FORMAT) as t:
            for name in sorted(members):
                info = tarfile.TarInfo(name)
                info.size = len(members[name])
                t.addfile(info, io.BytesIO(members[name]))
        """
}
