"""Results kept on a branch of their own: machines that are thrown away after a run leave them there.

What the checked-out commit has itself is its own business: only results that it does not have go to
the branch and come from it. Neither HEAD nor the index nor any other branch of the checkout is changed.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from asv_gate import asvlink
from asv_gate.atomic import write_atomic
from asv_gate.errors import GateError
from asv_gate.history import alongside, joining, packages, reference

SECONDS = 600.0
TRIES = 5  # others may push to the branch at the same time
IDENTITY = ("-c", "user.name=asv-gate", "-c", "user.email=asv-gate@localhost")
ASV = "asv_gate.history.asvresults"


def join_of(name: str) -> Callable[[str, str, Path], str] | None:
    """What makes one text of two of a file that machines of one name add to; None for any other file."""
    if joining.is_results(name):
        return joining.joined
    lines = {each.name: each.joined for each in (alongside.LINES, packages.LINES)}
    return {reference.NAME: reference.joined, **lines}.get(Path(name).name)


@dataclass(frozen=True)
class Branch:
    """A branch of a remote repository for the results of a suite."""

    config: Path
    remote: str = "origin"
    name: str = "asv-results"
    folder: Path = field(init=False)  # of the results, and
    root: Path = field(init=False)  # of the checkout that it lies in

    def __post_init__(self) -> None:
        asvlink.require_config(self.config)
        answer = asvlink.ask("folder", {"config": self.config.name}, self.config, SECONDS, ASV)
        object.__setattr__(self, "folder", Path(answer["results"]))
        object.__setattr__(self, "root", self.config.parent.resolve())
        object.__setattr__(self, "root", Path(self._git("rev-parse", "--show-toplevel").strip()).resolve())
        if not self.folder.is_relative_to(self.root):
            raise GateError(f"results_dir is {self.folder}, which is not in the checkout {self.root}")

    def get(self) -> str:
        """Write the branch's results beside those of the checked-out commit; in words what came.

        What was measured here and is not kept yet stays: files that the branch has too get the branch's part, where
        two can be joined.
        """
        tip = self._tip()
        if tip is None:
            return f"{self.remote} has no branch {self.name} yet: nothing to get"
        own = self._tracked()
        names = [name for name in self._blobs(tip) if name not in own]
        new = self._new(tip, [name for name in names if (self.root / name).is_file()])
        both = self._joined(tip, new)
        with self._index() as index:
            self._git("read-tree", tip, index=index)
            stay = {*new} - {name for name in new if Path(name).name == "machine.json"}  # the first machine's
            rest = "\0".join(name for name in names if name not in stay)
            self._git("checkout-index", "--force", "-z", "--stdin", index=index, given=rest)
        for name, text in both.items():
            write_atomic(self.root / name, text)
        return f"{len(names)} files of {self.name} are in {self.folder}"

    def keep(self) -> str:
        """Commit the results that the checked-out commit does not have to the branch, and push it."""
        others = self._git("ls-files", "--others", "-z", "--", self._path).split("\0")[:-1]
        if not others:
            return f"there are no results in {self.folder} to keep"
        why = ""
        for _ in range(TRIES):
            tip = self._tip()
            names = self._new(tip, others)
            with self._index() as index:
                self._git("read-tree", tip or "--empty", index=index)
                self._git("update-index", "--add", "-z", "--stdin", index=index, given="\0".join(names))
                for name, text in self._joined(tip, names).items():
                    blob = self._git("hash-object", "-w", "--stdin", given=text).strip()
                    self._git("update-index", "--cacheinfo", f"100644,{blob},{name}", index=index)
                tree = self._git("write-tree", index=index).strip()
            if tip and tree == self._git("rev-parse", f"{tip}^{{tree}}").strip():
                return f"{self.name} has these results already"
            head = self._git("rev-parse", "--short", "HEAD").strip()
            parent = ("-p", tip) if tip else ()
            commit = self._git(*IDENTITY, "commit-tree", tree, *parent, "-m", f"Results measured at {head}").strip()
            try:
                self._git("push", "--quiet", self.remote, f"{commit}:refs/heads/{self.name}")
            except GateError as error:
                why = str(error)
                if self._tip() == tip:  # nobody else's push was the reason
                    break
            else:
                return f"{len(others)} files are kept on {self.name}"
        raise GateError(f"the results could not be pushed to {self.name} of {self.remote}: {why}")

    def _joined(self, tip: str | None, names: Sequence[str]) -> dict[str, str]:
        """Of the files here that grow, the text with what the branch has too: another run may have added to it."""
        theirs = self._blobs(tip) if tip else {}
        return {
            name: join(self._git("cat-file", "blob", theirs[name]), (self.root / name).read_text("utf-8"), Path(name))
            for name in names
            if name in theirs and (join := join_of(name))
        }

    def _new(self, tip: str | None, names: Sequence[str]) -> list[str]:
        """The files here that the branch has never had as they are: others may since have changed those that it had."""
        if tip is None:
            return list(names)
        listed = ("log", "-z", "--format=", "--raw", "--root", "--no-abbrev", "--no-renames", tip, "--", self._path)
        fields = self._git(*listed).split("\0")
        had = {(name, facts.split()[3]) for facts, name in pairwise(fields) if facts.lstrip().startswith(":")}
        hashes = self._git("hash-object", "--stdin-paths", given="\n".join(names)).split()
        return [name for name, ours in zip(names, hashes, strict=True) if (name, ours) not in had]

    def _blobs(self, tip: str) -> dict[str, str]:
        """The files of results that the branch has, by their paths in the checkout."""
        listed = self._git("ls-tree", "-r", "-z", tip, "--", self._path).split("\0")
        return {name: facts.split()[2] for facts, _, name in (line.partition("\t") for line in listed if line)}

    @property
    def _path(self) -> str:
        return self.folder.relative_to(self.root).as_posix()

    def _tip(self) -> str | None:
        """The commit of the branch, which is fetched; None where there is no such branch."""
        found = self._git("ls-remote", "--heads", self.remote, f"refs/heads/{self.name}").split()
        if not found:
            return None
        self._git("fetch", "--quiet", "--no-tags", self.remote, f"refs/heads/{self.name}")
        return self._git("rev-parse", "FETCH_HEAD").strip()

    def _tracked(self) -> set[str]:
        return set(self._git("ls-files", "-z", "--", self._path).split("\0"))

    @contextmanager
    def _index(self) -> Iterator[Path]:
        """An index of our own."""
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder, "index")

    def _git(self, *words: str, index: Path | None = None, given: str | None = None) -> str:
        own: Mapping[str, str] = {"GIT_INDEX_FILE": str(index)} if index else {}
        git = shutil.which("git")
        if git is None:
            raise GateError("git is not installed, or not on PATH")
        try:
            done = subprocess.run(
                [git, *words],
                cwd=self.root,
                env={**os.environ, "GIT_TERMINAL_PROMPT": "0", **own},
                input=given,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise GateError(f"git {words[0]} did not end within {SECONDS:.0f} s") from None
        if done.returncode:
            said = [line for line in done.stderr.strip().splitlines() if line.startswith(("fatal", "error", " !"))]
            raise GateError(f"git {words[0]}: {(said or ['it failed'])[0].strip()}")
        return done.stdout
