"""The programs that swarm is measured beside, from Debian where they are missing."""

import os
import shutil
import subprocess

# Program to the Debian package that holds it.
PROGRAMS = {"restic": "restic", "borg": "borgbackup", "git": "git", "hyperfine": "hyperfine"}


def install(say):
    """Installs what is missing. Raises SystemExit with what to do where that cannot be done."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if not missing:
        return
    names = " ".join(missing)
    if not shutil.which("apt-get"):
        raise SystemExit(f"bench: there is no apt-get here; install these (Debian's names): {names}")
    sudo = []
    if os.getuid() != 0:
        if not shutil.which("sudo"):
            raise SystemExit(f"bench: as root: apt-get install {names}")
        sudo = ["sudo"]
    say(f"installing {names}")
    apt = sudo + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    subprocess.run(apt + ["update"], check=False, **quiet)
    done = subprocess.run(apt + ["install", "-y", "--no-install-recommends"] + missing, check=False, **quiet)
    if done.returncode != 0 or any(not shutil.which(program) for program in PROGRAMS):
        raise SystemExit(f"bench: could not install {names}")


def versions(swarm):
    """Program to the first line of its --version."""
    found = {}
    for program, arguments in (
        ("swarm", [swarm, "--version"]), ("restic", ["restic", "version"]), ("borg", ["borg", "--version"]),
        ("git", ["git", "--version"]), ("hyperfine", ["hyperfine", "--version"]),
    ):
        done = subprocess.run(arguments, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        found[program] = (done.stdout or done.stderr).strip().splitlines()[0]
    return found
