"""A copy of this project in which commits make workloads slower by what is known."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

EMPTY: Mapping[str, str] = MappingProxyType({})

MORE_WORK = '''

_solve = solve


def solve(problem, **room):
    """The answer, after so much of the work was done for nothing."""
    more = part(problem, 0, len(problem) * {percent} // 100)
    _solve(more, **{{name: out[: len(more)] for name, out in room.items()}})
    return _solve(problem, **room)
'''


def commit_all(folder: Path, tag: str, date: str = "") -> None:
    """Commit all changes in the copy, and tag them; on a date as git takes it, or now."""
    who = ("-c", "user.name=trials", "-c", "user.email=trials@example.org")
    environ = {"GIT_COMMITTER_DATE": date} if date else {}
    said("git", *who, "commit", "--quiet", "--all", "--message", tag, folder=folder, environ=environ)
    said("git", "tag", tag, folder=folder)


def said(
    *command: str, folder: Path | None = None, allowed: Sequence[int] = (0,), environ: Mapping[str, str] = EMPTY
) -> str:
    """What a command prints; in a copy with a home there, so that asv's file of machines is its own.

    Raises CalledProcessError where its exit status is none of those that are allowed.
    """
    home = {"HOME": str(folder.absolute())} if folder else {}
    whole = {**os.environ, **home, **environ}
    done = subprocess.run(command, cwd=folder, env=whole, capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr or done.stdout)
    return done.stdout
