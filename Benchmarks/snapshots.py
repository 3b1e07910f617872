"""Measures of taking trees in and getting them out."""

import os

import data
from programs import Borg, Git
from report import BYTES, INFORMATION, Goal, Row
from timing import Failed, median, paired, settle

IMPORT = "`swarm run fork --node root`: import of the project, and a branch on it"


def after(prepare, action):
    """A side: prepares untimed, waits for the disk, then gives the seconds of the action's sample."""
    def side(number):
        prepare()
        settle()
        return action().seconds
    return side


def nothing():
    """No preparation."""


def first(bench):
    """First snapshot, into an empty store."""
    rows = []
    for name in "SL":
        swarm, restic, borg = bench.swarm(name), bench.restic(name), Borg(bench.commands, bench.tree(name))
        bench.say(f"first snapshot of {name}")
        sides = {
            "swarm": after(swarm.create, lambda: swarm.take()[0]),
            "restic": after(restic.create, restic.backup),
            "borg": after(borg.create, borg.backup),
        }
        if not bench.quick:
            sides["launch"] = after(swarm.create, swarm.launch)
        times = paired(bench.long, sides)
        borg.remove()
        faster = min(("restic", "borg"), key=lambda other: median(times[other]))
        slower = "borg" if faster == "restic" else "restic"
        rows += [
            Row(
                f"first snapshot of {name}", times["swarm"], Goal("faster", 3),
                f"{IMPORT}; into a new store (`init` is not timed on any side)", times[faster], faster,
            ),
            Row("  beside the slower", times["swarm"], INFORMATION, "", times[slower], slower),
        ]
        if not bench.quick:
            rows.append(Row(
                "  with a step", times["launch"], INFORMATION,
                "`swarm run launch -- true`: also builds the tree in the cache and runs a step", times[faster], faster,
            ))
    return rows


def again(bench):
    """Snapshot of a tree that did not change."""
    swarm, restic, git = bench.swarm("S"), bench.restic("S"), Git(bench.commands, bench.tree("S"))
    for program in (swarm, restic, git):
        program.ready()
    bench.say("snapshot of an unchanged S")
    swarm.take()
    times = paired(bench.middle, {
        "swarm": after(nothing, lambda: swarm.take()[0]),
        "restic": after(nothing, restic.backup),
        "git": after(nothing, git.status),
        "launch": after(nothing, swarm.launch),
    }, warmups=1)
    return [
        Row("unchanged S, restic", times["swarm"], Goal("faster", 8), IMPORT, times["restic"], "restic"),
        Row("unchanged S, git", times["swarm"], Goal("within", 3), IMPORT, times["git"], "git status"),
        Row("  with a step", times["launch"], INFORMATION, "`swarm run launch -- true`", times["restic"], "restic"),
    ]


def changed(bench):
    """Snapshot after 1 % of the files changed."""
    tree, swarm, restic = bench.tree("S"), bench.swarm("S"), bench.restic("S")
    swarm.ready()
    restic.ready()
    bench.say("snapshot of S with 1 % of the files changed")
    taken = {}

    def take():
        sample, taken["node"] = swarm.take()
        return sample

    times = paired(
        bench.long, {"swarm": after(nothing, take), "restic": after(nothing, restic.backup)},
        before=lambda number: data.apart(data.change, tree.data, 0.01, 100 + number), warmups=1,
    )
    target = f"{bench.place}/out"
    swarm.checkout(taken["node"], target)
    check(bench, tree, target)
    return [Row("1 % of S changed", times["swarm"], Goal("faster", 6), IMPORT, times["restic"], "restic")]


def materialise(bench):
    """Getting a whole tree out of the store."""
    rows = []
    for name in "SLM":
        tree, swarm, restic = bench.tree(name), bench.swarm(name), bench.restic(name)
        if not os.path.exists(swarm.store):
            swarm.create()
        _, node = swarm.take()
        restic.ready()
        restic.backup()
        bench.say(f"materialise {name}")
        target = f"{bench.place}/out"

        def clear():
            swarm.forget_trees()
            bench.commands.trash.take(target)

        times = paired(bench.long, {
            "swarm": after(clear, lambda: swarm.checkout(node, target)),
            "restic": after(clear, lambda: restic.restore(target)),
        })
        clear()
        swarm.checkout(node, target)
        check(bench, tree, target)
        rows.append(Row(
            f"materialise {name}", times["swarm"], Goal("faster", 4),
            "`swarm checkout` with the cache of trees emptied; then every byte compared with the source",
            times["restic"], "restic restore",
        ))
    return rows


def check(bench, tree, target):
    """Compares what came out with the source."""
    found = data.apart(data.difference, tree.data, f"{target}/tree")
    if found:
        raise Failed(f"what came out of the store is not the tree {tree.name}: {found}")
    bench.commands.trash.take(target)


def size(bench):
    """Size on disk after one snapshot."""
    rows = []
    for name in "SLM":
        bench.say(f"size on disk of {name}")
        swarm, restic = bench.swarm(name), bench.restic(name)
        swarm.create()
        swarm.take()
        restic.create()
        restic.backup()
        settle()
        rows.append(Row(
            f"size on disk of {name}", [data.disk_bytes(swarm.store)], Goal("within", 1.1),
            "allocated bytes of the whole store after the import; the repository without restic's cache",
            [data.disk_bytes(restic.repository)], "restic", unit=BYTES,
        ))
    return rows
