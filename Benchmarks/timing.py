"""Whole processes, timed from just before the start to just after the end, in pairs."""

import json
import os
import shlex
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass


class Failed(Exception):
    """A command failed, or a result is wrong: the harness ends."""


@dataclass
class Sample:
    """One process: wall time in seconds, peak resident memory in bytes, what it printed."""

    seconds: float
    peak: int
    output: str


class Commands:
    """Runs commands in one environment, with folders for passing files and for what is done with; remembers the highest peak memory under each label."""

    def __init__(self, environment, scratch, trash):
        self.environment, self.scratch, self.trash = environment, scratch, trash
        self.peaks = {}
        self._lock = threading.Lock()

    def run(self, arguments, cwd, environment=None, peak=None):
        """Runs a command to its end; `peak` is the label that its memory counts under. Raises Failed unless it exits 0.

        Peak memory is ru_maxrss of wait4(2): the largest single process of the command and of those it waited for. It
        is never less than this interpreter's own, which the child has for a moment before exec.
        """
        place = self.scratch
        with tempfile.TemporaryFile(dir=place) as output, tempfile.TemporaryFile(dir=place) as errors:
            # close_fds=False lets the interpreter use vfork: its own size does not count in the time.
            start = time.perf_counter()
            process = subprocess.Popen(
                arguments, cwd=cwd, env={**self.environment, **(environment or {})}, close_fds=False,
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
            )
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            if process.returncode != 0:
                errors.seek(0)
                text = errors.read().decode(errors="replace").strip().splitlines()[-8:]
                raise Failed(f"{shlex.join(arguments)}: exit {process.returncode}\n" + "\n".join(text))
            sample = Sample(seconds, usage.ru_maxrss * 1024, output.read(1 << 20).decode(errors="replace"))
        if peak:
            with self._lock:
                self.peaks[peak] = max(sample.peak, self.peaks.get(peak, 0))
        return sample

    def hyperfine(self, arguments, cwd, runs):
        """Seconds of each of `runs` starts of a very short command, measured by hyperfine without a shell."""
        with tempfile.NamedTemporaryFile(dir=self.scratch, suffix=".json") as file:
            command = ["hyperfine", "-N", "--style", "none", "--warmup", "5", "--runs", str(runs)]
            self.run(command + ["--export-json", file.name, shlex.join(arguments)], cwd)
            return json.load(file)["results"][0]["times"]


# Bytes of memory that a command finds ready: more than what any of them writes and holds.
READY = 4 << 30


def settle():
    """Waits until what was written before is on the disk, so that nobody pays for another's writes, and has the machine's free
    memory at hand, so that nobody pays for fetching it.

    A virtual machine gives memory that is free for some seconds back to its host, page by page, and the next program that
    touches it waits for each page. That can take longer than what is measured. Pages of a file that was read and removed
    just before are there.
    """
    os.sync()
    with open("/proc/meminfo", encoding="ascii") as file:
        free = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemFree:"))
    with tempfile.TemporaryFile(buffering=0) as hole:
        os.truncate(hole.fileno(), max(0, min(READY, free - (1 << 30))))
        piece = bytearray(1 << 20)
        while hole.readinto(piece):
            pass


def paired(rounds, sides, before=None, warmups=0):
    """Runs the sides (name to a function of the round's number that gives seconds) in turn, A B A B.

    `before(number)` runs before each round, untimed. Gives name to a list of seconds; warm-up rounds are dropped.
    """
    results = {name: [] for name in sides}
    for number in range(-warmups, rounds):
        if before:
            before(number)
        for name, side in sides.items():
            seconds = side(number)
            if number >= 0:
                results[name].append(seconds)
    return results


def sync_seconds(folder, count=20):
    """Median seconds that one small write and its fsync take in a folder: the floor under every durable command."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(count):
            start = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return median(times)


def median(values):
    """The middle value."""
    return statistics.median(values)
