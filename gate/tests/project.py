"""A small project with an asv suite of another shape than ours, and a few commits to compare."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PACKAGE = """
SECONDS = 0.010
MEMORY = 1000
COUNT = 7
FAILS = False


def work(size):
    return sum(i * i for i in range(size))
"""

SUITE = '''
import time
from pathlib import Path

import thing


def noisy(value):
    """Another value in each process, but in both of a pair, which have one hash seed, the same."""
    return value * (1 + hash("noise") % 1000 * 1e-6)


class Tracked:
    """Noisy values whose pairs are exactly reproducible, so that tests of verdicts are too."""

    def track_steady(self):
        return noisy(0.005)
    track_steady.unit = "seconds"

    def track_changing(self):
        return noisy(thing.SECONDS)
    track_changing.unit = "seconds"


class Cached:
    params = [[10, 20], ["a", "b"]]
    param_names = ["size", "kind"]

    def setup_cache(self):
        Path("made").write_text("once")
        return {"size": 100}

    def setup(self, cache, size, kind):
        if kind == "b" and size == 20:
            raise NotImplementedError("not for these")

    def track_cached(self, cache, size, kind):
        assert Path("made").read_text() == "once"
        return 1e-3 * cache["size"] * size
    track_cached.unit = "s"


class Numbers:
    def peakmem_list(self):
        return [0] * 100_000

    def track_count(self):
        return thing.COUNT
    track_count.unit = "files"

    def track_nothing(self):
        return 0


def time_work():
    thing.work(1000)


def track_fails_everywhere():
    raise RuntimeError("as ever")


def track_sometimes():
    if thing.FAILS:
        raise RuntimeError("it is broken")
    return 1.0


if hasattr(thing, "new"):

    def track_new():
        return 1.0
'''

CHANGES = {
    "same": ("", ""),
    "slower": ("SECONDS = 0.010", "SECONDS = 0.013"),
    "faster": ("SECONDS = 0.010", "SECONDS = 0.007"),
    "larger": ("COUNT = 7", "COUNT = 8"),
    "broken": ("FAILS = False", "FAILS = True"),
    "new": ("FAILS = False", "FAILS = False\nnew = 1"),
    "doubled": ("range(size)", "range(5 * size)"),
}

GIT = shutil.which("git") or "git"
HERE = Path(__file__).parent
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "tests@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(
        [GIT, *args], cwd=folder, env={**os.environ, **ENVIRONMENT}, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def make(folder: Path) -> Path:
    """A repository with a tag for base and for each of the changes, checked out at base."""
    package, suite = folder / "thing" / "__init__.py", folder / "bench" / "suite.py"
    for file, text in ((package, PACKAGE), (suite, SUITE), (suite.with_name("__init__.py"), "")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    shutil.copy(HERE / "checkout_environment.py", folder)
    configure(folder)
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "thing"\nversion = "1"\n[tool.setuptools]\npackages = ["thing"]\n'
    )
    (folder / ".gitignore").write_text("__pycache__/\n.asv-gate/\n")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "base")
    for name, (old, new) in CHANGES.items():
        package.write_text(PACKAGE.replace(old, new) if old else PACKAGE + "\n# the same\n")
        commit(folder, name)
    package.write_text(PACKAGE)
    (folder / "unbuildable").touch()
    commit(folder, "unbuildable")
    git(folder, "checkout", "--quiet", "base")
    return folder


def commit(folder: Path, tag: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", tag)
    git(folder, "tag", tag)


def state(folder: Path) -> Mapping[str, str]:
    """All of a repository that its owner would miss."""
    asked = {
        "HEAD": ("rev-parse", "HEAD"),
        "branch": ("rev-parse", "--symbolic-full-name", "HEAD"),
        "index": ("ls-files", "--stage"),
        "status": ("status", "--porcelain", "--branch"),
        "references": ("for-each-ref",),
        "stash": ("stash", "list"),
        "worktrees": ("worktree", "list", "--porcelain"),
        "config": ("config", "--local", "--list"),
    }
    return {what: git(folder, *command) for what, command in asked.items()}


def configure(folder: Path, **changes: object) -> None:
    conf = {
        "version": 1,
        "project": "thing",
        "repo": ".",
        "branches": ["main"],
        "benchmark_dir": "bench",
        "pythons": [f"{sys.version_info.major}.{sys.version_info.minor}"],
        "environment_type": "checkout",
        "plugins": [".checkout_environment"],
        "matrix": {"env_nobuild": {"SET_BY_THE_SUITE": ["yes"]}},
        **changes,
    }
    (folder / "asv.conf.json").write_text(json.dumps(conf))
