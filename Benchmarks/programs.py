"""swarm and the programs beside it, each with stores of its own for a tree."""

import itertools
import os
import shutil

import data
from timing import Failed, settle


def environment(place):
    """What every command sees: this environment, without settings of the person who measures."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("SWARM", "RESTIC", "BORG", "GIT_", "XDG_"))
    }
    return {
        **kept, "HOME": f"{place}/home", "TMPDIR": f"{place}/tmp", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
        "RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": f"{place}/restic-cache",
        "BORG_PASSPHRASE": "bench", "BORG_BASE_DIR": f"{place}/borg-base",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@localhost",
        "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@localhost",
    }


class Tree:
    """A project folder: `path` holds the data in a folder `tree`, so that swarm's store stands beside it and every
    program reads the same files."""

    def __init__(self, name, place):
        self.name = name
        self.path = f"{place}/{name}"
        self.data = f"{self.path}/tree"
        self.digest = None


class Swarm:
    """swarm in one project folder."""

    counter = itertools.count(1)

    def __init__(self, program, commands, tree):
        self.program, self.commands, self.tree = program, commands, tree
        self.store = f"{tree.path}/.swarm"

    def run(self, *arguments, peak=None):
        """Runs swarm in the project folder; its memory counts under the tree and `peak`, or the command's name."""
        words = list(itertools.takewhile(lambda word: not word.startswith("-"), arguments))[:2]
        label = f"{peak or ' '.join(words)} ({self.tree.name})"
        return self.commands.run([self.program, *arguments], self.tree.path, peak=label)

    @classmethod
    def unique(cls, word):
        """A label or run id that was not used before."""
        return f"{word}-{next(cls.counter)}"

    def create(self):
        """A new, empty store in place of what there is."""
        self.commands.trash.take(self.store)
        self.run("init")

    def take(self):
        """Imports the project as it is now and puts a branch on it, without a step: the sample, and the node's id."""
        sample = self.run("run", "fork", "--node", "root", "--label", self.unique("take"), peak="import")
        return sample, sample.output.strip()

    def launch(self):
        """`run launch -- true`: imports, builds the tree in the cache where it is missing, runs the step."""
        return self.run("run", "launch", "--run-id", self.unique("launch"), "--", "true")

    def ready(self):
        """A store that has the run `base`, its tree in the cache."""
        if not os.path.exists(self.store):
            self.create()
        if not os.path.exists(f"{self.store}/runs/base"):
            self.run("run", "launch", "--run-id", "base", "--", "true")

    def resume(self, *step):
        """A run from the run `base`."""
        return self.run("run", "resume", "--node", "run:base", "--run-id", self.unique("resume"), "--", *step)

    def fork(self, node="run:base"):
        """A branch at a node."""
        return self.run("run", "fork", "--node", node, "--label", self.unique("fork"))

    def forget_trees(self):
        """Empties the cache of plain trees, which may be deleted at any time."""
        self.commands.trash.take(f"{self.store}/cache/trees")

    def checkout(self, node, target):
        """The node's files in a new folder."""
        return self.run("checkout", node, target, peak="checkout")


class Restic:
    """restic with a repository for one tree; version 2 of its format, its own default compression."""

    def __init__(self, commands, tree):
        self.commands, self.tree = commands, tree
        self.repository = f"{tree.path}-restic"
        self.environment = {"RESTIC_REPOSITORY": self.repository}

    def run(self, *arguments):
        """Runs restic beside the tree."""
        return self.commands.run(["restic", "--quiet", *arguments], self.tree.path, self.environment)

    def create(self):
        """A new, empty repository and cache. `restic init` takes seconds, so all are copies of the first."""
        self.commands.trash.take(self.repository)
        self.commands.trash.take(self.commands.environment["RESTIC_CACHE_DIR"])
        empty = f"{os.path.dirname(self.tree.path)}/restic-empty"
        if not os.path.exists(empty):
            self.run("init", "--repository-version", "2")
            os.rename(self.repository, empty)
        shutil.copytree(empty, self.repository)

    def backup(self):
        """A snapshot of the tree as it is now."""
        return self.run("backup", "tree")

    def ready(self):
        """A repository with a snapshot of the tree."""
        if not os.path.exists(self.repository):
            self.create()
            self.backup()

    def restore(self, target):
        """The newest snapshot's files in a new folder."""
        return self.run("restore", "latest", "--target", target)


class Borg:
    """borg with an encrypted repository for one tree and its default compression."""

    def __init__(self, commands, tree):
        self.commands, self.tree = commands, tree
        self.repository = f"{tree.path}-borg"
        self.environment = {"BORG_REPO": self.repository}

    def run(self, *arguments):
        """Runs borg beside the tree."""
        return self.commands.run(["borg", *arguments], self.tree.path, self.environment)

    def create(self):
        """A new, empty repository and cache. Of borg's two modes the one that is quicker here: SHA-256 where the
        processor has instructions for it, else BLAKE2b."""
        self.remove()
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            mode = "repokey" if {"sha_ni", "sha2"} & set(file.read().split()) else "repokey-blake2"
        self.run("init", "-e", mode)

    def backup(self):
        """The first snapshot."""
        return self.run("create", "::first", "tree")

    def remove(self):
        """Removes repository and cache."""
        self.commands.trash.take(self.repository)
        self.commands.trash.take(self.commands.environment["BORG_BASE_DIR"])


class Git:
    """git with a repository outside of the tree."""

    def __init__(self, commands, tree):
        self.commands, self.tree = commands, tree
        self.environment = {"GIT_DIR": f"{tree.path}-git", "GIT_WORK_TREE": tree.data}

    def run(self, *arguments):
        """Runs git in the tree."""
        return self.commands.run(["git", *arguments], self.tree.data, self.environment)

    def ready(self):
        """A repository with the whole tree committed and its index fresh."""
        if not os.path.exists(self.environment["GIT_DIR"]):
            self.run("init", "--quiet")
            self.run("config", "core.looseCompression", "0")
            self.run("config", "gc.auto", "0")
            self.run("add", "--all")
            self.run("commit", "--quiet", "--message", "all")
        if self.status().output:
            raise Failed("git status: the tree is not as it was committed")

    def status(self):
        """Whether anything changed."""
        return self.run("status", "--porcelain")


class Bench:
    """The programs, the trees (made when first asked for) and how often things are measured."""

    def __init__(self, program, commands, place, options, say):
        self.program, self.commands, self.place, self.say = program, commands, place, say
        self.quick, self.nodes = options.quick, options.nodes
        # Long measures take seconds, middle ones a second, short ones tens of milliseconds.
        self.long = options.rounds
        self.middle = 2 * options.rounds
        self.short = 4 * options.rounds
        self.trees = {}

    def tree(self, name):
        """The tree of a name: S, L, M, `small` (200 files); any other name is an empty one."""
        if name not in self.trees:
            tree = self.trees[name] = Tree(name, self.place)
            share = 10 if self.quick else 1
            mib = data.MIB // share
            self.say(f"making the tree {name}")
            os.makedirs(tree.data)
            if name == "S":
                data.apart(data.source, tree.data, 20_000 // share, 300 * mib, 1)
            elif name == "L":
                data.apart(data.large, tree.data, 1024 * mib, 2)
            elif name == "M":
                data.apart(data.mixed, tree.data, 1024 * mib, 3)
            elif name == "small":
                data.apart(data.source, tree.data, 200, 3 * data.MIB, 4)
            tree.digest = data.apart(data.digest, tree.data)
            settle()
        return self.trees[name]

    def swarm(self, name):
        """swarm in the project of that tree."""
        return Swarm(self.program, self.commands, self.tree(name))

    def restic(self, name):
        """restic with a repository of that tree."""
        return Restic(self.commands, self.tree(name))
