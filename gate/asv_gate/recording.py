"""An A/A recording: many pairs of every benchmark on unchanged code, of which virtual runs are drawn.

It is an append-only file of JSON lines, recorded in slices: round after round, a pair of each
benchmark in shuffled order, from two independent pairs of installations alternately.
"""

import math
import platform
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from asv_gate import asvlink, comparable, cpus, pair, workspace
from asv_gate import sides as both
from asv_gate.asvlink import Benchmark, Suite
from asv_gate.dryrun import dry_run
from asv_gate.errors import GateError
from asv_gate.interleaving import SAMPLES
from asv_gate.journal import Journal, read
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.words import count
from asv_gate.workspace import Workspace

INSTALLATIONS = 2


@dataclass(frozen=True)
class RecordRequest:
    """What is asked of `record`: so many pairs of each benchmark, and so many seconds at most this time."""

    path: Path
    pairs: int
    commit: str | None = None  # that which the recording was begun with, at first HEAD
    config: Path = Path("asv.conf.json")
    python: str | None = None
    environment: str | None = None
    bench: Sequence[str] = ()
    seconds: float = math.inf


def record(request: RecordRequest, progress: Progress) -> tuple[int, int]:
    """Go on with the recording, or begin it: how many of how many pairs it has now."""
    deadline = monotonic() + request.seconds
    space = Workspace(request.config)
    progress.stage("Reading the suite")
    path = request.path
    name = request.commit or _begun(path).get("commit", "HEAD")
    suite = asvlink.resolve(request.config, [name], request.python, request.environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    with workspace.held(path.parent, path.name) as ours, space.scratch() as folder:
        if not ours:
            raise GateError(f"{path} is being recorded by another process")
        commit = suite.commits[name]
        sides = both.install(
            space, suite, (commit, commit), installations=INSTALLATIONS, folder=folder, progress=progress
        )
        with Journal(path, _header(request, suite, sides[0], progress)) as journal:
            return _rounds(request.pairs, sides, journal, deadline, progress)


def _rounds(
    rounds: int, sides: Sequence[tuple[Side, Side]], journal: Journal, deadline: float, progress: Progress
) -> tuple[int, int]:
    """The pairs that the journal does not have yet, until the deadline."""
    benchmarks = [Benchmark(**entry) for entry in journal.header["benchmarks"]]
    seed: int = journal.header["seed"]
    total = rounds * len(benchmarks)
    done = {(line["round"], line["name"]) for line in journal.lines}
    before = len(done)
    progress.stage(f"Recording {rounds} pairs of each of {count(len(benchmarks), 'benchmark')}")
    for number in range(rounds):
        installation = number % INSTALLATIONS
        for place in np.random.default_rng([seed, number]).permutation(len(benchmarks)):
            name = benchmarks[place].name
            if (number, name) in done:
                continue
            if monotonic() > deadline:
                return len(done), total
            coins = np.random.default_rng([seed, number, *name.encode("utf-8", "backslashreplace")])
            line = comparable.as_line(pair.measure(*sides[installation], benchmarks[place], coins))
            journal.add({"round": number, "name": name, "installation": installation, **line})
            done.add((number, name))
            progress.done(len(done) - before, total - before)
    return len(done), total


def _header(request: RecordRequest, suite: Suite, sides: tuple[Side, Side], progress: Progress) -> dict[str, Any]:
    """What was found at the beginning stays, so that every round has the same benchmarks."""
    begun = _begun(request.path)
    return {
        "kind": "recording",
        "commit": sides[0].install.commit,
        "environment": suite.environment,
        "suite": workspace.digest(suite),
        "bench": list(request.bench),
        "samples": list(SAMPLES),
        "machine": f"{cpus.usable()} CPUs, {platform.platform()}",
        "benchmarks": begun.get("benchmarks") or _comparable(request, suite, sides, progress),
        "seed": begun.get("seed", secrets.randbelow(2**32)),
    }


def _begun(path: Path) -> dict[str, Any]:
    """The header of the recording that is there."""
    return read(path)[0] if path.exists() else {}


def _comparable(
    request: RecordRequest, suite: Suite, sides: tuple[Side, Side], progress: Progress
) -> list[dict[str, Any]]:
    """The benchmarks that a run would measure in pairs."""
    dry = dry_run(sides, both.select(suite, sides, request.bench, None, progress), math.inf, progress)
    # Both are one commit, so that a metric which differs between them is noisy.
    noisy = [benchmark for benchmark, pair in dry.metrics if pair["base"] != pair["head"]]
    if not dry.timings and not noisy:
        raise GateError("there is no benchmark to record: none runs here that is a timing, or varies as one does")
    return [asdict(benchmark) for benchmark in [*dry.timings, *noisy]]


@dataclass(frozen=True)
class Recording:
    """Arrays of (rounds, benchmarks): d = ln(head / base), and what each pair took in seconds."""

    path: Path
    header: dict[str, Any]
    names: Sequence[str]
    d: np.ndarray
    seconds: np.ndarray
    installation: np.ndarray  # of each round

    @property
    def noise(self) -> np.ndarray:
        """By benchmark, the standard deviation of a pair's d about its installation's mean."""
        rest = self.d.copy()
        for each in np.unique(self.installation):
            rest[self.installation == each] -= rest[self.installation == each].mean(axis=0)
        return np.asarray(rest.std(axis=0, ddof=len(np.unique(self.installation))))


def load(path: Path, keep: Callable[[str], bool] = lambda name: True) -> Recording:
    """The complete rounds, and of the benchmarks those that were measured in each. Raises GateError where none are."""
    if not path.is_file():
        raise GateError(f"there is no A/A recording {path}: asv-gate record makes one")
    header, lines, _ = read(path)
    if header.get("kind") != "recording":
        raise GateError(f"{path} is no A/A recording")
    names = [entry["name"] for entry in header["benchmarks"]]
    place = {name: i for i, name in enumerate(names)}
    rounds = 1 + max((line["round"] for line in lines), default=-1)
    d, seconds = np.full((rounds, len(names)), np.nan), np.full((rounds, len(names)), np.nan)
    installation = np.zeros(rounds, int)
    for line in lines:
        at = line["round"], place[line["name"]]
        d[at] = np.nan if line["d"] is None else line["d"]
        seconds[at] = line["seconds"]
        installation[line["round"]] = line["installation"]
    whole = ~np.isnan(seconds).any(axis=1)
    measured = ~np.isnan(d[whole]).any(axis=0) & np.array([keep(name) for name in names], bool)
    if not whole.any() or not measured.any():
        raise GateError(f"{path} has no complete round of a benchmark that is wanted")
    return Recording(
        path,
        header,
        [name for name, good in zip(names, measured, strict=True) if good],
        d[np.ix_(whole, measured)],
        seconds[np.ix_(whole, measured)],
        installation[whole],
    )
