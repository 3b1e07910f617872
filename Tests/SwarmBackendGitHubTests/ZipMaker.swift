import SwarmPlatform
import TestTools

#if canImport(Glibc)
import Glibc
#endif

/// Archives as a test wants them, made by another program.
enum ZipMaker {
    struct Failure: Error {}

    /// The bytes of an archive that python3's zipfile made, deflated.
    static func zip(_ files: [String: String]) throws -> [UInt8] {
        let folder = try TestTools.TemporaryFolder()
        for (name, text) in files {
            try Files.makeFolder(Files.parent(of: folder.path + "/in/" + name))
            try Files.write(Array(text.utf8), to: folder.path + "/in/" + name, sync: false)
        }
        let line = """
            import sys,os,zipfile
            z=zipfile.ZipFile(sys.argv[2],'w',zipfile.ZIP_DEFLATED)
            for base,_,names in os.walk(sys.argv[1]):
                for name in names:
                    p=os.path.join(base,name); z.write(p,os.path.relpath(p,sys.argv[1]))
            z.close()
            """
        let result = try ChildProcess.run(
            "/usr/bin/python3",
            ["-c", line, folder.path + "/in", folder.path + "/out.zip"],
            environment: [],
            folder: folder.path
        )
        guard result.exitCode == 0 else { throw Failure() }
        return try Files.read(folder.path + "/out.zip")
    }
}
