"""Both commits installed, and the benchmarks that the suite has with each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asv_gate import asvlink, workspace
from asv_gate.asvlink import Benchmark, Suite
from asv_gate.errors import GateError
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.workspace import Workspace


def install(
    space: Workspace,
    suite: Suite,
    commits: tuple[str, str],
    *,
    installations: int,
    folder: Path,
    progress: Progress,
) -> list[tuple[Side, Side]]:
    """Both commits, so many times each, in environments of their own even where it is one commit."""
    letters = iter(workspace.LETTERS)
    sides = []
    for _ in range(installations):
        pair = []
        letter = next(letters)
        for role, commit in zip(("base", "head"), commits, strict=True):
            if role == "head" and commits[0] == commits[1]:
                letter = next(letters)
            made = space.install(suite, commit, letter, progress.stage)
            own = folder / f"{role}-{letter}"
            own.mkdir(exist_ok=True)
            pair.append(Side(suite, made, own))
        sides.append((pair[0], pair[1]))
    return sides


@dataclass(frozen=True)
class Selection:
    """The benchmarks by name, as each side has them."""

    in_base: Mapping[str, Benchmark]
    in_head: Mapping[str, Benchmark]

    @property
    def names(self) -> list[str]:
        """Of both sides, in head's order."""
        return list(dict.fromkeys([*self.in_head, *self.in_base]))


def select(suite: Suite, sides: tuple[Side, Side], patterns: Sequence[str]) -> Selection:
    """The benchmarks that any of the patterns is found in; all, where there is none.

    Raises
    ------
    GateError
        For a pattern that is no regular expression, and where no benchmark is left.

    """
    try:
        wanted = [re.compile(pattern) for pattern in patterns]
    except re.error as error:
        raise GateError(f"--bench must be a regular expression: {error}") from None
    base, head = (
        {
            benchmark.name: benchmark
            for benchmark in asvlink.discover(suite, side.install)
            if not wanted or any(pattern.search(benchmark.name) for pattern in wanted)
        }
        for side in sides
    )
    if not base and not head:
        raise GateError(
            f"no benchmark in {suite.benchmarks} has a name like {' or '.join(patterns)}"
            if patterns
            else f"there are no benchmarks in {suite.benchmarks}"
        )
    return Selection(base, head)
