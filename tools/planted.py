"""What ``make planted`` runs: a history in pairs of commits that are known to be slower, and what the page says.

In a copy of this project each commit makes one of five workloads do 5, 10 or 20 % more than at the
commit before, so that each of them is slowed three times, and four others at a commit are innocent.
``asv-gate history`` measures all commits against the first. The same command goes on where it ended, and
begins anew where HEAD is another one.
"""

import argparse
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asv_scaling import history, results
from asv_scaling.changes import Z_95, usable
from tools.clones import MORE_WORK, clone, commit_all, said

COPY = Path(".asv-gate", "planted")
MACHINE = "planted-paired"
CLASSES = {name.lower(): name for name in ("Polynomial", "Strings", "Parzen", "Cubes")} | {
    "parzen_temporaries": "ParzenTemporaries"
}
STRATEGIES = ("serial', 1", "shared', 2")
BENCHMARKS = rf"^compute\.({'|'.join(CLASSES.values())})\.time_run\('({'|'.join(STRATEGIES)})\)"
STEPS = (5, 10, 20)
MEASURED = "base..last"  # the first too: else there is nothing before the second
DAY = 86_400
BEGIN = 1_767_225_600  # 2026-01-01: commits are told apart by their dates
PRECISE = 0.02  # half of a 95 % interval on the Changes page: of what is wider, 5 % need not be found
ASKED = "1.5%"  # which is that there: for a few pairs the page's intervals, made of asv's, are up to a quarter wider


@dataclass(frozen=True)
class Planted:
    """A commit that makes a workload slower by `percent` than the one before, and by `total` than the first."""

    workload: str
    percent: int
    total: int

    @property
    def tag(self) -> str:
        return f"{self.workload}-{self.percent}"


def plan() -> list[Planted]:
    """All commits, in an order by chance that is the same every time."""
    order = np.random.default_rng(0)
    kinds = [(workload, percent) for workload in CLASSES for percent in STEPS]
    totals = dict.fromkeys(CLASSES, 1.0)
    planted = []
    for place in order.permutation(len(kinds)):
        workload, percent = kinds[place]
        totals[workload] *= 1 + percent / 100
        planted.append(Planted(workload, percent, round(100 * totals[workload]) - 100))
    return planted


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 where it could not be measured, and 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.planted", description=__doc__)
    parser.add_argument("--python", default="3.13", help="one of asv.conf.json; default: 3.13")
    parser.add_argument("--budget", default="2m", help="of a commit's pairs; default: 2m")
    options = parser.parse_args(arguments)
    try:
        clone(COPY, add_commits)
        command = [sys.executable, "-m", "asv_gate", "history", MEASURED, "--reference", "first"]
        more = ["--python", options.python, "--machine", MACHINE, "--budget", options.budget, "--precision", ASKED]
        subprocess.run([*command, *more, "--bench", BENCHMARKS], cwd=COPY, check=True)
        print("\n".join(summary(measured(), commits())))
    except subprocess.CalledProcessError as error:
        print(f"make planted: {error}\n{error.stderr or ''}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What was finished is kept, and the same command goes on from there.", file=sys.stderr)
        return 130
    return 0


def add_commits(copy: Path) -> None:
    """The first commit, which all are measured against, and one for each that is planted, a day apart."""
    files = {each: copy / "kernels" / "workloads" / f"{each}.py" for each in CLASSES}
    sources = {each: file.read_text() for each, file in files.items()}
    package = copy / "kernels" / "__init__.py"
    package.write_text(package.read_text() + "\n# The first commit of the copy.\n")
    commit_all(copy, "first", f"{BEGIN} +0000")
    for number, each in enumerate(plan(), 1):
        files[each.workload].write_text(sources[each.workload] + MORE_WORK.format(percent=each.total))
        commit_all(copy, each.tag, f"{BEGIN + number * DAY} +0000")
    said("git", "tag", "last", folder=copy)


def commits() -> dict[str, Planted]:
    """What was planted with which commit, by its hash."""
    return {said("git", "rev-parse", each.tag, folder=COPY).strip(): each for each in plan()}


def measured() -> history.History:
    folder = COPY / "results"
    (machine,) = (machine for machine in results.machines(folder, print) if machine.name == MACHINE)
    return history.read(machine, results.benchmarks(folder), print)


def summary(one: history.History, planted: Mapping[str, Planted]) -> Iterator[str]:
    """How many of the planted changes are on the Changes page with their commit, and what else is there.

    An entry of a neighbour that also names the right commit is innocent of nothing, and counted by itself.
    """
    entries = history.entries([one])
    right = [entry for entry in entries if is_right(entry, entry.after, planted)]
    beside = {
        (entry.series, other): entry
        for entry in entries
        for other in entry.others
        if entry not in right and is_right(entry, other, planted)
    }
    known = {(entry.series, entry.after) for entry in right}
    for percent in STEPS:
        of = [commit for commit, each in planted.items() if each.percent == percent]
        yield f"+{percent} %: {len({entry.after for entry in right} & {*of})} of {len(of)} commits are listed"
        for precise, words in ((True, "at most"), (False, "above")):
            slowed = list(series_of(one, planted, percent, precise))
            if slowed:
                found, near = (sum(each in named for each in slowed) for named in (known, beside))
                more = f", and {near} more as what another commit's entry may have come with" if near else ""
                yield f"    {found} of {len(slowed)} benchmarks whose precision is {words} {PRECISE:.0%}{more}"
    innocent = [entry for entry in entries if entry not in right and entry not in beside.values()]
    yield f"innocent entries: {len(innocent)} of {len(entries)}"
    yield from (f"    {history.line(entry)}" for entry in innocent)


def is_right(entry: history.Entry, commit: str, planted: Mapping[str, Planted]) -> bool:
    """Whether this commit, which the entry names, made the benchmark slower."""
    of = planted.get(commit)
    return of is not None and is_slowed(entry.series, of) and entry.change.ratio > 1


def is_slowed(series: history.Series, of: Planted) -> bool:
    return series.benchmark == f"compute.{CLASSES[of.workload]}.time_run"


def series_of(
    one: history.History, planted: Mapping[str, Planted], percent: int, precise: bool
) -> Iterator[tuple[history.Series, str]]:
    """The benchmarks that a commit makes slower by so much, each with the commit, by whether they are so precise."""
    for series, points in one.series.items():
        for point in usable(points):
            commit = one.commits[point.revision]
            of = planted.get(commit)
            if of is None or of.percent != percent or not is_slowed(series, of):
                continue
            if (math.expm1(Z_95 * point.error) <= PRECISE) is precise:
                yield series, commit


if __name__ == "__main__":
    sys.exit(main())
