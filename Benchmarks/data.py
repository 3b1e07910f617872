"""The trees that are measured: made from a seed, so that every run sees the same bytes, names, modes and times."""

import hashlib
import multiprocessing
import os
import random
import shutil
import stat

MIB = 1 << 20
PIECE = 1 * MIB
# All files made here carry times from this moment on (2024-01-01T00:00:00Z), in nanoseconds.
EPOCH = 1_704_067_200 * 1_000_000_000


def apart(function, *arguments):
    """Calls a function in a process of its own: what it needs of memory does not count in what is measured later."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(function, arguments)


class Text:
    """Source-like text: lines of a fixed stock, chosen at random. zstd makes about a fifth of it."""

    def __init__(self, seed, stock=20_000):
        self.random = random.Random(seed)
        syllables = [c + v for c in "bcdfghjklmnprstvwz" for v in "aeiou"]
        make = self.random
        self.words = ["".join(make.choices(syllables, k=make.randint(1, 4))) for _ in range(3_000)]
        self.lines = [self._line().encode() for _ in range(stock)]
        self.mean = sum(len(line) + 1 for line in self.lines) / stock

    def _line(self):
        make = self.random
        a, b, c, d = make.choices(self.words, k=4)
        forms = (
            f"let {a} = {b}.{c}({d}, {make.randint(0, 9999)})", f"if {a} != {b}.{c} {{ return {d} }}",
            f"func {a}{b.title()}(_ {c}: {d.title()}) throws -> {b.title()} {{", f"// {a} {b} {c} {d}", "}", "",
            f"for {a} in {b}.{c} where {a}.{d} > {make.randint(0, 99)} {{", f'print("{a} {b}: \\({c}.{d})")',
        )
        return "    " * make.randint(0, 4) + make.choice(forms)

    def bytes(self, size):
        """Exactly `size` bytes."""
        lines = self.random.choices(self.lines, k=int(size / self.mean * 1.1) + 8)
        text = b"\n".join(lines)
        while len(text) < size:
            text += b"\n" + text
        return text[:size]


class Writer:
    """Writes files below a folder, with fixed times."""

    def __init__(self, path):
        self.path = path
        self.count = 0
        os.makedirs(path, exist_ok=True)

    def file(self, name, pieces, mode=0o644):
        """Writes the pieces (byte strings) one after the other."""
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb", buffering=0) as file:
            for piece in pieces:
                file.write(piece)
        os.chmod(path, mode)
        self.count += 1
        os.utime(path, ns=(EPOCH, EPOCH + self.count * 1_000_000_007))
        return path

    def link(self, name, target):
        """Makes a symbolic link."""
        os.symlink(target, os.path.join(self.path, name))


def pieces(size, make):
    """Byte strings of at most 1 MiB, `size` bytes together, each made by `make(count)`."""
    while size > 0:
        count = min(size, PIECE)
        yield make(count)
        size -= count


def source(path, files, size, seed):
    """`files` small source-like files, `size` bytes together, with some links and executables, in nested folders."""
    text, writer = Text(seed), Writer(path)
    make = random.Random(seed + 1)
    weights = [make.lognormvariate(0, 1) for _ in range(files)]
    scale = size / sum(weights)
    folders = [""]
    for number in range(files // 13 + 1):
        parent = make.choice(folders)
        if parent.count("/") > 4:
            parent = ""
        folders.append(f"{parent}{make.choice(text.words)}{number}/")
    for number, weight in enumerate(weights):
        folder = make.choice(folders)
        kind = make.choice(("swift", "c", "md", "json"))
        name = f"{make.choice(text.words)}_{make.choice(text.words)}{number}.{kind}"
        head = f"// file {number} of {files}, seed {seed}\n".encode()
        count = max(0, round(weight * scale) - len(head))
        writer.file(folder + name, [head, text.bytes(count)], 0o755 if number % 50 == 7 else 0o644)
        if number % 200 == 100:
            writer.link(f"{folder}link{number}", name)


def large(path, size, seed, files=64):
    """Bytes that cannot be compressed, in `files` files of equal size."""
    make, writer = random.Random(seed), Writer(path)
    for number in range(files):
        writer.file(f"{number % 8}/{number:02}.bin", pieces(size // files, make.randbytes))


def mixed(path, size, seed):
    """Small sources, logs, tables, media-like data, the same bytes twice, empty files and folders."""
    make, text, writer = random.Random(seed), Text(seed + 1), Writer(path)
    source(f"{path}/src", size // 10 // 16_384, size // 10, seed + 2)
    for number in range(40):
        writer.file(f"log/{number:02}.log", pieces(size * 30 // 100 // 40, text.bytes))

    def table(count):
        # A third random, the rest the same record again and again.
        record = make.randbytes(64)
        return (make.randbytes(count // 3) + record * (count // 64 + 1))[:count]

    for number in range(12):
        writer.file(f"table/{number:02}.db", pieces(size * 15 // 100 // 12, table))
    media = [
        writer.file(f"media/{number}.bin", pieces(size * 25 // 100 // 8, make.randbytes)) for number in range(8)
    ]
    for number in range(400):
        writer.file(f"image/{number // 50}/{number:03}.bin", pieces(size // 10 // 400, make.randbytes))
    os.makedirs(f"{path}/copy")
    for original in media[:3]:
        shutil.copy2(original, f"{path}/copy/")
    for number in range(20):
        writer.file(f"empty/{number}", [])
        os.makedirs(f"{path}/empty/folder{number}")


class Trash:
    """Where folders go that a measure is done with. Their files are emptied and kept until the end.

    ext4 does not give out an inode that was freed in the last minutes, and looks at each of them when it needs one: after
    20,000 files were deleted, making a file takes many times as long. The next to be measured would pay for that.
    """

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        os.makedirs(folder)

    def take(self, path):
        """Moves a folder here, if there is one, and frees the bytes of its files."""
        if not os.path.exists(path):
            return
        self.count += 1
        place = f"{self.folder}/{self.count}"
        os.rename(path, place)
        for name in regular_files(place):
            full = os.path.join(place, name)
            os.chmod(full, 0o600)
            os.truncate(full, 0)


def regular_files(path):
    """Paths of all regular files below a folder, relative to it, in order."""
    found = []
    for folder, _, names in os.walk(path):
        for name in names:
            full = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(full).st_mode):
                found.append(os.path.relpath(full, path))
    return sorted(found)


def change(path, share, seed):
    """Edits `share` (0..1) of the files in place: some bytes in the middle give way to others. Gives how many."""
    make = random.Random(seed)
    files = regular_files(path)
    chosen = make.sample(files, max(1, round(len(files) * share)))
    for name in chosen:
        full = os.path.join(path, name)
        with open(full, "rb") as file:
            old = file.read()
        middle = make.randint(0, len(old))
        new = old[:middle] + f"// edit {make.random()}\n".encode() + old[middle + make.randint(0, 80):]
        with open(full, "wb") as file:
            file.write(new)
    return len(chosen)


def entries(path):
    """What lies below a folder: relative path to (type, permission bits, link target or size)."""
    found = {}
    for folder, folders, names in os.walk(path):
        for name in folders + names:
            full = os.path.join(folder, name)
            status = os.lstat(full)
            kind, mode = stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode)
            detail = status.st_size if kind == stat.S_IFREG else None
            if kind == stat.S_IFLNK:
                mode, detail = None, os.readlink(full)
            found[os.path.relpath(full, path)] = (kind, mode, detail)
    return found


def digest(path):
    """SHA-256 over names, types, modes, links and all bytes of a tree. Reads everything, which warms the page cache."""
    total = hashlib.sha256()
    for name, (kind, mode, detail) in sorted(entries(path).items()):
        total.update(repr((name, kind, mode, detail)).encode())
        if kind == stat.S_IFREG:
            with open(os.path.join(path, name), "rb") as file:
                for piece in iter(lambda: file.read(PIECE), b""):
                    total.update(piece)
    return total.hexdigest()


def difference(one, other):
    """What differs between two trees, as one line, or None: names, types, modes, links, every byte of every file."""
    left, right = entries(one), entries(other)
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            return f"{name}: {left.get(name)} and {right.get(name)}"
        if left[name][0] != stat.S_IFREG:
            continue
        with open(os.path.join(one, name), "rb") as a, open(os.path.join(other, name), "rb") as b:
            while True:
                piece = a.read(PIECE)
                if piece != b.read(PIECE):
                    return f"{name}: the bytes differ"
                if not piece:
                    break
    return None


def disk_bytes(path):
    """Bytes that a folder's files and folders take on the disk (allocated blocks), each inode once."""
    seen, total = set(), 0
    for folder, _, names in os.walk(path):
        for full in [folder] + [os.path.join(folder, name) for name in names]:
            status = os.lstat(full)
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += status.st_blocks * 512
    return total
