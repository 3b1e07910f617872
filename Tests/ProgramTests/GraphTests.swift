import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("The drawing of a store")
struct GraphTests {
    @Test("the graph comes in pages, the newest first, and each page says where the next begins")
    func pages() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "true")
        for label in ["x", "y", "z"] { try scratch.swarm("run", "fork", "--node", "run:a", "--label", label) }
        let all = try scratch.swarm("graph")
        #expect(all.messages == "", "\(all)")
        var seen: [String] = []
        var next: [String] = []
        for _ in 0..<3 {
            let page = try scratch.swarm(["graph", "--limit", "2"] + next)
            seen += page.text.split(separator: "\n").map(String.init)
            let words = page.messages.split { " ;`\n".contains($0) }
            next = words.firstIndex(of: "--before").map { ["--before", String(words[$0 + 1])] } ?? []
        }
        // Six nodes: three pages of two, and the last one knows that it is the last.
        #expect(next.isEmpty)
        #expect(seen.count == 6 && seen[0].contains("branch:y") && seen[1].contains("branch:z"), "\(seen)")
        #expect(seen[4].contains("root"), "\(seen)")
        let json = try scratch.swarm("graph", "--json", "--before", "branch:y").json["nodes"]?.elements ?? []
        #expect(json.last?["branches"] == ["x"], "\(json)")
        #expect(try scratch.swarm("graph", "--limit", "0").exitCode == 2)
        #expect(try scratch.swarm("graph", "--before", "branch:none").exitCode == 2)
    }

    @Test("a line of descent stays in its column, and only where nodes part is there another")
    func columns() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "true")
        try scratch.swarm("run", "fork", "--node", "run:a", "--label", "x")
        try scratch.swarm("run", "fork", "--node", "run:a", "--label", "y")
        try scratch.swarm("run", "resume", "--node", "branch:x", "--run-id", "b", "--", "true")
        try scratch.swarm("run", "resume", "--node", "run:b", "--run-id", "c", "--", "true")
        let columns = try scratch.swarm("graph").text.split(separator: "\n").map { line in
            String(line.prefix { "├└│─ ".contains($0) })
        }
        #expect(columns == ["", "", "", "├─ ", "│  ", "│  ", "└─ "])
    }

    @Test("labels are shown wherever a node is")
    func labels() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "true")
        try scratch.swarm("run", "fork", "--node", "run:a", "--label", "idea")
        for command in [["graph"], ["log"], ["show", "branch:idea"], ["graph", "--format", "dot"], ["log", "run:a"]] {
            let run = try scratch.swarm(command)
            #expect(run.text.contains(command.last == "run:a" ? "branch:main" : "idea"), "\(command) \(run)")
        }
    }
}
