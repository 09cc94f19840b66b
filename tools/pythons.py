"""Which Pythons there are that really run."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from findpython import Finder
from findpython.providers.path import PathProvider

OLDEST = 10  # the minor version of Python 3 from which on the kernels run


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs, and the folder in which it goes by the name that asv looks for, ``python3.X``."""

    version: str
    folder: Path


def find_pythons() -> tuple[dict[str, Interpreter], list[str]]:
    """The newest CPython of each minor version, by its name 3.X, and the names of free-threaded ones, 3.Xt.

    Looked for on PATH, where pyenv and its like keep theirs, and beside the Python that runs
    this. Each candidate is executed, so that a shim that leads nowhere does not count.
    """
    finder = Finder(resolve_symlinks=True, no_same_interpreter=True)
    running: str = getattr(sys, "_base_executable", sys.executable)  # and not its virtual environment
    finder.add_provider(PathProvider([Path(running).parent]))
    pythons: dict[str, Interpreter] = {}
    freethreaded: list[str] = []
    for found in finder.find_all(major=3, implementation="cpython"):  # the newest first
        name = f"3.{found.minor}"
        folder = found.interpreter.resolve().parent
        if found.minor < OLDEST:
            continue
        if found.freethreaded:
            if f"{name}t" not in freethreaded:
                freethreaded.append(f"{name}t")
        elif name not in pythons and shutil.which(f"python{name}", path=str(folder)):
            pythons[name] = Interpreter(str(found.version), folder)
    return pythons, freethreaded
