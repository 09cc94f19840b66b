"""A copy of this project in which commits make workloads slower by what is known."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

MORE_WORK = '''

_solve = solve


def solve(problem, **room):
    """The answer, after so much of the work was done for nothing."""
    more = part(problem, 0, len(problem) * {percent} // 100)
    _solve(more, **{{name: out[: len(more)] for name, out in room.items()}})
    return _solve(problem, **room)
'''


def clone(folder: Path, add_commits: Callable[[Path], None]) -> str:
    """HEAD in a folder of its own, tagged as base, with more commits: made whole, and anew where HEAD is another one.

    Returns HEAD's hash.
    """
    commit = said("git", "rev-parse", "HEAD").strip()
    if folder.exists() and said("git", "rev-parse", "base", folder=folder).strip() == commit:
        return commit
    draft = folder.with_name(f"{folder.name}.new")
    for each in (draft, folder):
        shutil.rmtree(each, ignore_errors=True)
    said("git", "clone", "--quiet", ".", str(draft))
    said("git", "tag", "base", folder=draft)
    add_commits(draft)
    draft.rename(folder)
    return commit


def commit_all(folder: Path, tag: str, date: str = "") -> None:
    """Commit all changes in the copy, and tag them; on a date as git takes it, or now."""
    who = ("-c", "user.name=trials", "-c", "user.email=trials@example.org")
    said("git", *who, "commit", "--quiet", "--all", "--message", tag, folder=folder, date=date)
    said("git", "tag", tag, folder=folder)


def said(*command: str, folder: Path | None = None, allowed: Sequence[int] = (0,), date: str = "") -> str:
    """What a command prints; in a copy with a home there, so that asv's file of machines is its own.

    A commit that it makes is of the date, also as its author's, by which asv goes. Raises CalledProcessError where its
    exit status is none of those allowed.
    """
    home = {"HOME": str(folder.absolute())} if folder else {}
    dated = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **home, **dated}, capture_output=True, text=True, check=False
    )
    if done.returncode not in allowed:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr or done.stdout)
    return done.stdout
