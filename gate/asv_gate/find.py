"""Which commit made a benchmark slower: ``asv-gate find GOOD BAD --bench NAME``."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asv_gate import asvlink, comparable, workspace
from asv_gate.asvlink import Benchmark, Install
from asv_gate.bisection import MOST, CannotMeasure, Ending, Search, search
from asv_gate.discovery import discover
from asv_gate.errors import GateError
from asv_gate.history.measuring import ASV, PLAN_SECONDS
from asv_gate.journal import Journal, has_value
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.model import Status
from asv_gate.report.words import count
from asv_gate.settings import Settings
from asv_gate.sides import matching
from asv_gate.workspace import Workspace


@dataclass(frozen=True)
class FindRequest:
    """A line of commits and a benchmark.

    Parameters
    ----------
    good, bad
        Names of commits; `bad` comes after `good`.
    bench
        A regular expression that exactly one benchmark's name, with its parameters, has in it.
    config, python, environment
        As for `asv_gate.request.Request`.
    alpha
        The probability, at most, that the commit which is named is not slower than the one before it.
    threshold
        The fraction up to which a slowdown is none.

    Raises
    ------
    GateError
        Where alpha or the threshold makes no sense.

    """

    good: str
    bad: str
    bench: str
    config: Path = Path("asv.conf.json")
    python: str | None = None
    environment: str | None = None
    alpha: float = 0.01
    threshold: float = 0.01

    def __post_init__(self) -> None:
        Settings(self.alpha, self.threshold)


@dataclass(frozen=True)
class Answer:
    """What a search came to: the hashes of the line, and the benchmark's name."""

    benchmark: str
    line: Sequence[str]
    search: Search

    @property
    def status(self) -> Status:
        """1 where a commit is named, 0 where nothing became slower, 3 where something may have: none is confirmed."""
        statuses = {Ending.NAMED: Status.REGRESSION, Ending.NO_CHANGE: Status.OK}
        return statuses.get(self.search.ending, Status.UNDERPOWERED)

    def __str__(self) -> str:
        found, line = self.search, self.line
        ratio = f"{found.ratio - 1:+.1%}"
        if found.ending is Ending.NO_CHANGE:
            return f"{self.benchmark} is not slower in {line[-1][:10]} than in {line[0][:10]} ({ratio})."
        first, last = line[found.first_bad], line[found.last_good]
        interval = f"{ratio} ({found.low - 1:+.1%} to {found.high - 1:+.1%})"
        between = found.first_bad - found.last_good - 1
        skipped = f" The {count(between, 'commit')} between them could not be measured." if between else ""
        if found.ending is Ending.NAMED:
            which = f"{first[:10]}" if not between else f"{first[:10]}, or one of those just before it,"
            return f"{which} made {self.benchmark} slower than it is in {last[:10]}: {interval}.{skipped}"
        return (
            f"{self.benchmark} may be slower in {line[-1][:10]} than in {line[0][:10]}, but no commit was confirmed: "
            f"{first[:10]} against {last[:10]} is {interval}.{skipped}"
        )


def find(request: FindRequest, progress: Progress) -> Answer:
    """Search the line from good to bad.

    Raises
    ------
    GateError
        Where the line or the benchmark is not there, or neither end can be measured.

    """
    space = Workspace(request.config)
    progress.stage("Reading the suite")
    names = [request.good, request.bad]
    suite = asvlink.resolve(request.config, names, request.python, request.environment)
    good, bad = (suite.commits[name] for name in names)
    asked = {"config": request.config.name, "range": f"{good}..{bad}", "pythons": []}
    plan = asvlink.ask("plan", asked, request.config, PLAN_SECONDS, ASV)
    later = [commit["hash"] for commit in plan["commits"]]
    if bad not in later or plan["parent"] not in ("", good):
        raise GateError(f"{request.bad} does not come after {request.good} on one line of commits")
    line = [good, *(commit for commit in later if commit != bad), bad]
    folder = space.folder / "find"
    header = {
        "kind": "find",
        "good": good,
        "bad": bad,
        "environment": suite.environment,
        "suite": workspace.digest(suite),
        "bench": request.bench,
    }
    name = f"{good[:12]}-{bad[:12]}-{suite.setup_hash[:8]}"
    folder.mkdir(exist_ok=True)
    with workspace.held(folder, name) as ours:
        if not ours:
            raise GateError(f"another asv-gate find of these commits is at work in {folder}")
        with Journal(
            folder / f"{name}-{hashlib.sha256(request.bench.encode()).hexdigest()[:8]}.jsonl", header
        ) as journal:
            return _Line(request, space=space, suite=suite, line=line, journal=journal, progress=progress).answer()


class _Line:
    def __init__(
        self,
        request: FindRequest,
        *,
        space: Workspace,
        suite: asvlink.Suite,
        line: Sequence[str],
        journal: Journal,
        progress: Progress,
    ) -> None:
        self.request, self.space, self.suite, self.line = request, space, suite, line
        self.journal, self.progress = journal, progress
        self.sides: dict[int, Side | str] = {}
        self.told = ""

    def answer(self) -> Answer:
        self.progress.stage(f"A line of {count(len(self.line) - 1, 'commit')} after {self.request.good}")
        self.benchmark = self.one_benchmark()
        try:
            found = search(len(self.line), self.pair, alpha=self.request.alpha, threshold=self.request.threshold)
        except CannotMeasure as error:
            raise GateError(str(error)) from None
        return Answer(self.benchmark.name, self.line, found)

    def one_benchmark(self) -> Benchmark:
        """The benchmark that is meant, as the last commit of the line has it."""
        try:
            side = self.side(len(self.line) - 1)
        except CannotMeasure as error:
            raise GateError(str(error)) from None
        found = matching(discover(side.suite, side.install).benchmarks, [self.request.bench])
        exact = [each for each in found if each.name == self.request.bench]
        found = exact or found
        if len(found) != 1:
            there = ", ".join(each.name for each in found[:5]) or "none"
            raise GateError(
                f"--bench must be found in the name of one benchmark, and {self.request.bench!r} is in {there}"
            )
        if found[0].type != "time":
            raise GateError(f"{found[0].name} measures no time: find compares times")
        return found[0]

    def side(self, position: int) -> Side:
        if position not in self.sides:
            commit = self.line[position]
            try:
                self.sides[position] = self.prepared(self.space.install(self.suite, commit, "a", self.progress.stage))
            except GateError as error:
                self.sides[position] = str(error).partition("\n")[0]
        side = self.sides[position]
        if isinstance(side, str):
            raise CannotMeasure(side)
        os.utime(side.install.folder)  # in use: a run beside this removes what no one has asked for in a day
        return side

    def prepared(self, install: Install) -> Side:
        folder = self.space.folder / "find" / install.folder.name
        folder.mkdir(exist_ok=True)
        return Side(self.suite, install, folder, ids=discover(self.suite, install).ids)

    def both(self, base: int, head: int) -> tuple[Side, Side]:
        """Two commits with dependencies of one day: what others have released is not head's doing."""
        sides = self.side(base), self.side(head)
        commits = self.line[base], self.line[head]
        installs = self.space.install_both((self.suite, self.suite), commits, ("a", "a"), self.progress.stage)
        for place, side, install in zip((base, head), sides, installs, strict=True):
            if install.folder != side.install.folder:
                self.sides[place] = self.prepared(install)
        return self.side(base), self.side(head)

    def tell(self, base: int, head: int, number: int) -> None:
        """What is compared, once both are built; and how far it is."""
        confirming = "Confirming with fresh pairs: " if number >= MOST else ""
        words = f"{confirming}{self.line[head][:10]} against {self.line[base][:10]}"
        if words != self.told:
            self.progress.stage(words)
            self.told = words
        self.progress.done(number % MOST, MOST)

    def pair(self, base: int, head: int, number: int) -> float:
        def measured() -> dict[str, Any]:
            sides = self.both(base, head)
            self.tell(base, head, number)
            coins = np.random.default_rng([base, head, number])
            return comparable.as_line(comparable.measure_pair(sides, self.benchmark, coins))

        key = {"pair": [self.line[base], self.line[head]], "number": number}
        line = self.journal.once(key, measured, has_value)
        if line["d"] is None:
            raise CannotMeasure(f"{self.benchmark.name} with commit {self.line[head][:10]}: {line['why']}")
        return float(line["d"])
