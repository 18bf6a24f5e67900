"""Processes that outlive whoever starts them, and waiting for what is to happen."""

import glob
import os
import time
from pathlib import Path

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")


def await_that(condition, within: float, what: str, every: float = 0.02):
    """Waits until `condition()` is true, and returns what it said."""
    until = time.monotonic() + within
    while True:
        if said := condition():
            return said
        if time.monotonic() > until:
            raise TimeoutError(f"not within {within:g} s: {what}")
        time.sleep(every)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def spawn(command: list, log: Path) -> int:
    """Starts what outlives us."""
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, log, append, 0o644),
             (os.POSIX_SPAWN_DUP2, 1, 2)]
    return os.posix_spawnp(command[0], list(map(str, command)), os.environ, file_actions=files, setsid=True)
