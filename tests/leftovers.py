"""What a team could leave behind: processes, threads, files in shared memory."""

import gc
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux keeps named semaphores and shared memory
MADE_BY = re.compile(r"loky-(\d+)-")  # of joblib's semaphores: the process that made them
KEPT = "Dask-Offload"  # the thread in which Dask packs large messages: it is there for good after the first
GONE_SECONDS = 10.0  # an ending process needs a moment; one that is left behind stays for good


def present() -> set[object]:
    """The processes and threads of this process, and the files in shared memory, whosever they are."""
    gc.collect()  # a semaphore's file goes with its object, which may be in a cycle
    threads = {thread for thread in threading.enumerate() if not thread.name.startswith(KEPT)}
    return {*psutil.Process().children(recursive=True), *threads, *files()}


def files() -> list[Path]:
    return list(SHARED_MEMORY.iterdir()) if SHARED_MEMORY.is_dir() else []


def require_gone(left: set[object], present: Callable[[], set[object]]) -> None:
    """Fail unless all that is left is soon gone from what is present, or turns out to be another's."""
    deadline = time.monotonic() + GONE_SECONDS
    while left := of_ours(left & present()):
        assert time.monotonic() < deadline, f"left behind: {sorted(map(str, left))}"
        time.sleep(0.01)


def of_ours(things: set[object]) -> set[object]:
    """Without the files that a process of another family uses: the tests need not be all that runs here."""
    paths = {thing for thing in things if isinstance(thing, Path)}
    if paths:
        family = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
        paths -= {path for path in paths if (made := MADE_BY.search(path.name)) and int(made[1]) not in family}
        for process in psutil.process_iter():
            if process.pid not in family:
                paths -= {path for path in paths if f"_{process.pid}_" in path.name} | mapped(process)
    return {thing for thing in things if not isinstance(thing, Path)} | paths


def mapped(process: psutil.Process) -> set[Path]:
    """The files that a process has mapped into its memory."""
    try:
        return {Path(file.path) for file in process.memory_maps()}
    except (psutil.Error, OSError):
        return set()
