"""Measures of stores of many nodes."""

import os

import data
from report import BYTES, INFORMATION, Goal, Row
from timing import Failed, paired, settle

MOST = 256 * data.MIB
# What "few" is: what many are compared with.
FEW = 1000


def enlarge(bench, swarm, what, count):
    """Adds `count` nodes to a store that has the run `base`: `forks`, or `rows` of the index without content."""
    mark = f"{swarm.tree.path}-{what}-{count}"
    swarm.ready()
    if os.path.exists(mark):
        return
    maker = f"{os.path.dirname(os.path.realpath(swarm.program))}/swarm-store-of-many"
    if not os.path.exists(maker):
        raise Failed(
            f"there is no {maker}: SWARM_BENCHMARKS=1 swift build -c release "
            "--explicit-target-dependency-import-check error --product swarm-store-of-many"
        )
    bench.say(f"making {count} {what}")
    # Nobody needs this store after a power cut: without the library it takes longer, no more.
    library = {"LD_PRELOAD": "libeatmydata.so"} if os.path.exists("/usr/bin/eatmydata") else {}
    bench.commands.run([maker, swarm.tree.path, what, str(count)], swarm.tree.path, library)
    with open(mark, "w", encoding="utf-8"):
        pass


def many_nodes(bench):
    """Look-ups and forks in a store of many nodes and of few."""
    few, many = bench.swarm("few"), bench.swarm("many")
    enlarge(bench, few, "rows", FEW)
    enlarge(bench, many, "rows", bench.nodes)
    bench.say("commands in a store of many nodes")
    settle()
    what = f"in a store of {bench.nodes} nodes and branches; the other has {FEW}; an empty tree in both"
    node = many.run("run", "status", "--run-id", "base", "--json").output.split('"node_id":"')[1][:12]
    other = few.run("run", "status", "--run-id", "base", "--json").output.split('"node_id":"')[1][:12]
    rows = []
    for name, act, goal in (
        ("run status", lambda swarm: swarm.run("run", "status", "--run-id", "base"), Goal("within", 1.5)),
        ("show", lambda swarm: swarm.run("show", "run:base"), Goal("within", 1.5)),
        ("run fork", lambda swarm: swarm.fork(), Goal("within", 1.5)),
        ("show of a prefix", lambda swarm: swarm.run("show", node if swarm is many else other), Goal("within", 1.5)),
        ("log -n 20", lambda swarm: swarm.run("log", "-n", "20"), Goal("within", 1.5)),
        ("graph", lambda swarm: swarm.run("graph", "--limit", str(FEW)), Goal("within", 1.5)),
    ):
        times = paired(bench.short, {
            "few": lambda _: act(few).seconds,
            "many": lambda _: act(many).seconds,
        }, warmups=2)
        rows.append(Row(
            f"{name}, many nodes", times["many"], goal, f"`swarm {name}` {what}", times["few"], "few nodes",
        ))
    peak = max(value for label, value in bench.commands.peaks.items() if label.endswith("(many)"))
    rows.append(Row("  their peak memory", [peak], Goal("most", MOST), "ru_maxrss, the highest of them", unit=BYTES))
    return rows


def whole(bench, name, *arguments):
    """A command that goes through the whole of a store of real nodes: its time and its memory."""
    swarm = bench.swarm("large")
    enlarge(bench, swarm, "forks", bench.nodes)
    bench.say(f"{name} of {bench.nodes} nodes")
    swarm.run(*arguments)
    samples = [swarm.run(*arguments) for _ in range(max(1, bench.long // 2))]
    what = f"`swarm {' '.join(arguments)}` in a store of {bench.nodes} forks, the second time and later"
    return [
        Row(f"{name}, {bench.nodes} nodes", [sample.seconds for sample in samples], INFORMATION, what),
        Row("  its peak memory", [max(sample.peak for sample in samples)], Goal("most", MOST), "ru_maxrss", unit=BYTES),
    ]


def gc(bench):
    """`gc` where there is nothing to free: all of it is looking."""
    return whole(bench, "gc", "gc")


def fsck(bench):
    """`fsck`, and the same after the index was made anew."""
    return whole(bench, "fsck", "fsck") + whole(bench, "rebuild and fsck", "fsck", "--rebuild-index")
