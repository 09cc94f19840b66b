"""Scripts that run as from a terminal of their own, of which nothing may be left in the end."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
from leftovers import files, require_gone

import kernels

TESTS = Path(__file__).parent
PACKAGE = Path(kernels.__file__).parents[1]


@contextlib.contextmanager
def script(file: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A running script, whose processes and files must be gone soon after the block has ended."""
    before = set(files())
    with subprocess.Popen(
        [sys.executable, file, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (TESTS, PACKAGE)))},
    ) as process:

        def present() -> set[object]:
            return {*session(process.pid), *files()}

        try:
            yield process
            require_gone(present() - before, present)
        finally:
            for member in session(process.pid):
                member.kill()


def session(leader: int) -> list[psutil.Process]:
    """The live processes of the session that a process leads."""
    return [process for process in psutil.process_iter() if lives_in(process, leader)]


def lives_in(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
        return False
