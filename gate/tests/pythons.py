"""The Pythons of this machine, for the tests that need two of them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

MINORS = range(10, 16)


def two() -> list[tuple[str, str]]:
    """Two Pythons, as asv names them, each with the folder of its executable; the test is skipped where there are none.

    They are those of PATH and of pyenv that do run.
    """
    found = dict(_found())
    if len(found) < 2:
        pytest.skip(f"this machine has one Python only, {', '.join(found) or 'none on PATH'}: two cannot be compared")
    return list(found.items())[:2]


@cache
def _found() -> tuple[tuple[str, str], ...]:
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    folders = [*os.get_exec_path(), *map(str, sorted(versions.glob("*/bin")))]
    return tuple(_running(os.pathsep.join(folders)))


def _running(path: str) -> Iterator[tuple[str, str]]:
    for minor in MINORS:
        for folder in path.split(os.pathsep):
            executable = shutil.which(f"python3.{minor}", path=folder)
            if executable and subprocess.run([executable, "-c", ""], capture_output=True, check=False).returncode == 0:
                yield f"3.{minor}", folder
                break
