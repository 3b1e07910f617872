"""Measures of forks, runs and look-ups."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import data
from report import BYTES, INFORMATION, Goal, Row
from timing import paired, settle

MILLI = 1e-3
BRANCHES = 100


def fork(bench):
    """`run fork`, on a large tree and on none."""
    empty, large = bench.swarm("empty"), bench.swarm("L")
    empty.ready()
    large.ready()
    bench.say("run fork")
    settle()
    times = paired(bench.short, {
        "empty": lambda _: empty.fork().seconds,
        "large": lambda _: large.fork().seconds,
    }, warmups=2)
    what = "`swarm run fork --node run:base`, whole process"
    return [
        Row("run fork on L", times["large"], Goal("most", 25 * MILLI), what),
        Row("run fork, L and empty", times["large"], Goal("within", 1.3), what, times["empty"], "empty tree"),
    ]


def resume(bench):
    """`run resume -- true`, on a tree of many files and on none."""
    empty, many = bench.swarm("empty"), bench.swarm("S")
    empty.ready()
    many.ready()
    bench.say("run resume")
    settle()
    times = paired(bench.short, {
        "empty": lambda _: empty.resume("true").seconds,
        "many": lambda _: many.resume("true").seconds,
    }, warmups=2)
    what = "`swarm run resume --node run:base -- true`, whole process, the tree in the cache"
    return [
        Row("run resume on S", times["many"], Goal("most", 60 * MILLI), what),
        Row("run resume, S and empty", times["many"], Goal("within", 1.5), what, times["empty"], "empty tree"),
    ]


def edit(tree):
    """A step that appends a line to ten files of a tree."""
    chosen = random.Random(10).sample(data.regular_files(tree.path + "/tree"), 10)
    return ["sh", "-c", 'for file; do echo changed >> "$file"; done', "sh"] + [f"tree/{name}" for name in chosen]


def resume_edit(bench):
    """`run resume` with a step that changes ten files, in a tree of many files and of few."""
    small, many = bench.swarm("small"), bench.swarm("S")
    small.ready()
    many.ready()
    steps = edit(small.tree), edit(many.tree)
    bench.say("run resume that changes ten files")
    settle()
    times = paired(bench.short, {
        "small": lambda _: small.resume(*steps[0]).seconds,
        "many": lambda _: many.resume(*steps[1]).seconds,
    }, warmups=2)
    return [Row(
        "10 files of S changed", times["many"], Goal("within", 1.5),
        "`swarm run resume` of a step that appends to 10 files; the other is a tree of 200 files",
        times["small"], "200 files",
    )]


def fanout(bench):
    """A hundred branches of `true` from a large tree, two at once."""
    swarm = bench.swarm("L")
    swarm.ready()
    has_command = "fanout" in swarm.run("run", "--help").output
    steps = f"{bench.place}/steps"
    with open(steps, "w", encoding="utf-8") as file:
        file.write("true\n" * BRANCHES)
    seconds, growth = [], []
    for _ in range(1 if bench.quick else min(3, bench.long)):
        bench.say(f"{BRANCHES} branches")
        settle()
        before = data.disk_bytes(swarm.store)
        if has_command:
            sample = swarm.run("run", "fanout", "--node", "run:base", "--steps", steps, "--jobs", "2")
            seconds.append(sample.seconds)
        else:
            start = time.perf_counter()
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda _: swarm.resume("true"), range(BRANCHES)))
            seconds.append(time.perf_counter() - start)
        settle()
        growth.append(data.disk_bytes(swarm.store) - before)
    what = "`swarm run fanout --jobs 2`" if has_command else "`swarm run resume -- true`, two at once"
    what = f"{BRANCHES} times `true` from L by {what}"
    return [
        Row(f"{BRANCHES} branches from L", seconds, Goal("most", 8), what),
        Row("  their size on disk", growth, Goal("most", 20e6), "by how much the whole store grew", unit=BYTES),
    ]


def start(bench):
    """Commands that hardly do anything."""
    swarm = bench.swarm("empty")
    swarm.ready()
    bench.say("start of the process")
    rows = []
    for name, arguments, limit in (
        ("--version", [], 5), ("run status", ["--run-id", "base"], 15), ("log", ["-n", "20"], 15), ("graph", [], 15),
        ("show", ["run:base"], 15),
    ):
        arguments = name.split() + arguments
        swarm.run(*arguments)
        times = bench.commands.hyperfine([swarm.program, *arguments], swarm.tree.path, 10 * bench.long)
        rows.append(Row(
            f"swarm {name}", times, Goal("most", limit * MILLI),
            f"`swarm {' '.join(arguments)}`, by hyperfine, without a shell",
        ))
    return rows


def memory(bench):
    """Peak memory of any swarm process so far; alone, of what moves most bytes."""
    if not bench.commands.peaks:
        for name in "LS":
            swarm, target = bench.swarm(name), f"{bench.place}/out-{name}"
            swarm.create()
            _, node = swarm.take()
            swarm.ready()
            swarm.resume("true")
            swarm.checkout(node, target)
    peaks = sorted(bench.commands.peaks.items(), key=lambda item: -item[1])
    rows = [Row(
        "peak memory", [peaks[0][1]], Goal("most", 256 * data.MIB),
        f"ru_maxrss, the highest of all swarm processes: {peaks[0][0]}", unit=BYTES,
    )]
    for label, peak in peaks[1:3]:
        rows.append(Row(f"  then {label}", [peak], INFORMATION, "", unit=BYTES))
    return rows
