"""The commits of a suite's branches, each a line: what changed with which commit is told along one."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Lines = Mapping[str, Mapping[str, int]]  # by branch the numbers of its commits, in the order of time


def of_branches(conf: Mapping[str, Any], folder: Path) -> Lines | None:
    """The lines of those branches that a configuration names and git knows here; None where it knows none, or not all.

    Parameters
    ----------
    conf
        The content of asv.conf.json.
    folder
        That of the file.

    """
    where = folder / str(conf.get("repo", "."))
    git = shutil.which("git")
    if git is None or not where.is_dir():
        return None
    if _git(git, where, "rev-parse", "--is-shallow-repository") != ["false"]:
        return None
    lines = {}
    for branch in conf.get("branches") or ["HEAD"]:
        if (found := _git(git, where, "rev-list", "--first-parent", "--reverse", str(branch), "--")) is not None:
            lines[str(branch)] = {commit: number for number, commit in enumerate(found)}
    return lines or None


def _git(git: str, where: Path, *words: str) -> list[str] | None:
    """The words that git answers with; None where it fails."""
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run([git, *words], cwd=where, env=environ, capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else None


def numbers(lines: Lines) -> dict[str, int]:
    """The commits of all lines, numbered as in the first that has each."""
    found: dict[str, int] = {}
    for line in lines.values():
        found = {**line, **found}
    return found
