"""Running ``asv-gate`` as a user does, and seeing to it that nothing is left."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

SECONDS = 200.0


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    status: int
    output: str
    errors: str

    @property
    def said(self) -> str:
        return self.output + self.errors


def asv_gate(folder: Path, *arguments: str) -> Done:
    with started(folder, *arguments) as process:
        output, errors = process.communicate(timeout=SECONDS)
    return Done(process.returncode, output, errors)


@contextlib.contextmanager
def started(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "asv_gate", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def of_folder(folder: Path) -> list[psutil.Process]:
    """The processes that have to do with a folder, by their command lines."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            about = [*process.cmdline(), process.cwd()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(folder) in word for word in about):
                found.append(process)
    return found
