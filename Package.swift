// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every target: the language of the whole house.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let certificates = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")

/// A room of the house: a folder of `Sources/` with the rooms and products it may see.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a room: a folder of `Tests/`.
func tests(_ room: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(room)Tests",
        dependencies: dependencies + [.target(name: room)],
        swiftSettings: settings
    )
}

/// An executable. In release form on Linux Swift's own libraries are linked into it: it starts in half the time, and runs where no
/// Swift is installed. (The archives named are parts of FoundationEssentials that only a static link has to name. Swift's static link
/// exports every symbol, for programs that load plug-ins; this has none, and without the table each library it loads is bound sooner.)
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        swiftSettings: settings,
        linkerSettings: [
            .unsafeFlags(
                [
                    "-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims", "-lswiftSynchronization",
                    "-use-ld=lld", "-Xlinker", "-s", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
                    "-Xlinker", "--no-export-dynamic",
                ],
                .when(platforms: [.linux], configuration: .release)
            )
        ]
    )
}

let package = Package(
    name: "swarm",
    products: [
        // The verifier is of use to others; everything else is for the programs.
        .library(name: "Sigstore", targets: ["Sigstore"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    ],
    targets: [
        // The floor: documents, ids, canonical JSON, the form of an error.
        room("SwarmContracts", [crypto]),
        tests("SwarmContracts", []),

        // Sigstore bundles, offline: others' specifications, nothing of the product.
        room("Sigstore", [crypto, cryptoExtras, certificates, asn1]),
        program("sigstore-conformance", ["Sigstore", crypto]),
        tests("Sigstore", [crypto, cryptoExtras, certificates, asn1]),

        // UltraHonk proofs over BN254: field, curve and pairing, nothing of the product.
        room("UltraHonk", []),
        tests("UltraHonk", []),

        // Is this run believable? Bytes in, verdict out.
        room("SwarmVerify", ["SwarmContracts", "Sigstore", "UltraHonk"]),
        tests("SwarmVerify", ["SwarmContracts"]),

        // What the operating system gives: files, locks, clock, randomness.
        .target(name: "CPlatform"),
        room("SwarmPlatform", ["SwarmContracts", "CPlatform"]),
        tests("SwarmPlatform", ["SwarmContracts", "TestTools"]),

        // HTTP behind a door that blocks.
        room("SwarmHTTP", ["SwarmContracts", "SwarmPlatform", crypto, httpClient, nioCore, nioPosix, nioHTTP]),
        tests("SwarmHTTP", ["SwarmContracts", "SwarmPlatform", "TestTools"]),

        // Zip archives of strangers, read with limits.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        room("ZipArchive", ["SwarmContracts", "SwarmPlatform", "CZlib"]),
        tests("ZipArchive", ["SwarmContracts", "SwarmPlatform", "TestTools"]),

        // Where a step may run elsewhere: the port, and one vendor's REST.
        room("SwarmBackend", ["SwarmContracts", "SwarmPlatform", "SwarmCapability"]),
        tests("SwarmBackend", ["SwarmTestSupport", "TestTools"]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        room(
            "SwarmBackendGitHub",
            [
                "SwarmBackend", "SwarmHTTP", "SwarmContracts", "SwarmPlatform", "SwarmCapability", "ZipArchive",
                "CSodium",
            ]
        ),
        tests(
            "SwarmBackendGitHub",
            [
                "SwarmBackend", "SwarmHTTP", "SwarmContracts", "SwarmPlatform", "SwarmCapability", "CSodium",
                "TestTools", "SwarmTestSupport",
            ]
        ),

        // Copies of nodes elsewhere: a directory, S3.
        room("SwarmRemote", ["SwarmContracts", "SwarmPlatform", "SwarmCapability", "SwarmHTTP", crypto]),
        tests("SwarmRemote", ["SwarmContracts", "SwarmPlatform", "SwarmCapability", "SwarmHTTP", "TestTools"]),

        // What the store knows: its index, and the agent's own database.
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]
        ),
        room("SwarmState", ["SwarmContracts", "SwarmPlatform", "CSQLite"]),
        tests("SwarmState", ["SwarmContracts", "SwarmPlatform", "CSQLite", "TestTools"]),

        // For tests alone: other programs to be compared with, folders that vanish, chance that can be repeated.
        room("TestTools", ["CPlatform"]),

        // Lines, patterns and archives: rooms that know little or nothing of the product.
        room("TextDiff", []),
        tests("TextDiff", ["TestTools"]),
        room("GitIgnore", []),
        tests("GitIgnore", ["TestTools"]),
        room("BundleArchive", ["SwarmContracts", "SwarmPlatform"]),
        tests("BundleArchive", ["SwarmContracts", "SwarmPlatform", "TestTools"]),

        // A change laid over a person's own folder.
        room("WorkingTree", ["SwarmContracts", "SwarmPlatform", "CPlatform", "TextDiff"]),
        tests("WorkingTree", ["SwarmContracts", "SwarmPlatform", "TestTools"]),

        // Keys, sealing, tokens.
        .target(name: "CSHA256"),
        room("SwarmCapability", ["SwarmContracts", "CSHA256", crypto, cryptoExtras]),
        tests("SwarmCapability", ["SwarmContracts", "TestTools"]),

        // Chunks, packs, directory objects, snapshots of trees and trees from snapshots.
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        room("SwarmSnapshot", ["SwarmContracts", "SwarmPlatform", "SwarmCapability", "CPlatform", "CZstd"]),
        tests("SwarmSnapshot", ["SwarmContracts", "SwarmPlatform", "SwarmCapability", "CPlatform"]),

        // One step in its sandbox: namespaces, limits, captured output, teardown.
        .target(name: "CSandbox"),
        room("SwarmSandbox", ["SwarmContracts", "SwarmPlatform", "CSandbox"]),
        tests("SwarmSandbox", ["SwarmContracts", "SwarmPlatform"]),

        // The run graph and the life cycle of a run.
        room(
            "SwarmEngine",
            [
                "SwarmContracts", "SwarmPlatform", "CPlatform", "SwarmCapability", "SwarmSnapshot", "SwarmState",
                "SwarmSandbox", "SwarmVerify", "SwarmRemote", "Sigstore", "TextDiff", "GitIgnore", "BundleArchive",
                "WorkingTree", "SwarmBackend",
            ]
        ),
        tests("SwarmEngine", ["SwarmContracts", "SwarmBackend", "TestTools"]),

        // The command line, and the program.
        room(
            "SwarmCLI",
            [
                "SwarmEngine", "SwarmContracts", "SwarmPlatform", "CPlatform", "SwarmCapability", "SwarmSnapshot",
                "SwarmState", "SwarmSandbox", "SwarmVerify", "SwarmRemote", "SwarmHTTP", "Sigstore", "TextDiff",
                "BundleArchive", "WorkingTree", "SwarmBackend", "SwarmBackendGitHub", argumentParser,
            ]
        ),
        program("swarm", ["SwarmCLI"]),

        // One step inside a job.
        room(
            "SwarmWorker",
            [
                "SwarmEngine", "SwarmContracts", "SwarmPlatform", "CPlatform", "SwarmCapability", "SwarmState",
                "SwarmSandbox", "SwarmHTTP",
            ]
        ),
        program("swarm-worker", ["SwarmWorker"]),

        // What the tests share, and the tests that run the built program.
        room(
            "SwarmTestSupport",
            ["SwarmContracts", "SwarmPlatform", "CPlatform", "SwarmCapability", "SwarmBackend"]
        ),
        .testTarget(
            name: "ProgramTests",
            dependencies: ["SwarmTestSupport", "TestTools", "SwarmContracts", "SwarmPlatform", "SwarmCapability"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzz targets need libFuzzer's runtime, which a plain build does not link: `make fuzz` asks for them.
if Context.environment["SWARM_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "swarm-fuzz",
            dependencies: [
                "Sigstore", "UltraHonk", "SwarmContracts", "SwarmCapability", "SwarmSnapshot", "SwarmPlatform",
                "BundleArchive", certificates,
            ],
            path: "Fuzz",
            exclude: ["run", "seeds.py"],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
        )
    )
}

// What makes the large stores of the benchmarks: `make bench` asks for it.
if Context.environment["SWARM_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "swarm-store-of-many",
            dependencies: ["SwarmEngine", "SwarmState", "SwarmContracts", "SwarmPlatform"],
            path: "Benchmarks/StoreOfMany",
            swiftSettings: settings
        )
    )
}
