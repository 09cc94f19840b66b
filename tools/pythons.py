"""Which Pythons there are that really run, with a GIL and without."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from findpython import Finder
from findpython.providers.path import PathProvider

OLDEST = 10  # the minor version of Python 3 from which on the kernels run
LINKS = Path(".asv", "pythons")


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs."""

    version: str
    executable: Path

    def folder(self, name: str, links: Path = LINKS) -> Path:
        """A folder in which it is called ``python3.X`` or ``python3.Xt``, which is what asv looks for on PATH.

        That is mostly its own. Where it has another name there (a free-threaded build may be called
        ``python3.13``, without the t), it is a folder in `links` with a link to it.
        """
        wanted = f"python{name}{'.exe' if os.name == 'nt' else ''}"
        own = self.executable.with_name(wanted)
        if own.exists() and own.samefile(self.executable):
            return own.parent
        link = links.absolute() / name / wanted
        if not (link.is_symlink() and link.readlink() == self.executable):
            link.parent.mkdir(parents=True, exist_ok=True)
            draft = link.with_name(f"{wanted}.{os.getpid()}")
            draft.symlink_to(self.executable)
            draft.replace(link)
        return link.parent


def find_pythons() -> dict[str, Interpreter]:
    """The newest CPython of each minor version, by its name: 3.X, or 3.Xt where it is a free-threaded build.

    Looked for on PATH, where pyenv and its like keep theirs, and beside the Python that runs
    this. Each candidate is executed, so that a shim that leads nowhere does not count, and a
    free-threaded build is known by what it says of itself, whatever its name.
    """
    finder = Finder(resolve_symlinks=True, no_same_interpreter=True)
    running: str = getattr(sys, "_base_executable", sys.executable)  # and not its virtual environment
    finder.add_provider(PathProvider([Path(running).parent]))
    pythons: dict[str, Interpreter] = {}
    for found in finder.find_all(major=3, implementation="cpython"):  # the newest first
        if found.minor >= OLDEST:
            name = f"3.{found.minor}{'t' if found.freethreaded else ''}"
            pythons.setdefault(name, Interpreter(str(found.version), found.interpreter.resolve()))
    return pythons


def in_order(names: Iterable[str]) -> list[str]:
    """Names of Pythons, such as 3.9, 3.13 and 3.13t, from the oldest on."""
    return sorted(names, key=lambda name: (int(name.rstrip("t").partition(".")[2]), name))
