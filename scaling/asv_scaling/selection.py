"""The runs that ``export`` shows: of one commit on one machine, in all environments or up to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from asv_scaling import environments, gil, points, reference, results, speedup
from asv_scaling.environments import Environment
from asv_scaling.points import Point
from asv_scaling.results import Machine, Run, Warn
from asv_scaling.speedup import Best, PythonRow
from asv_scaling.suite import Suite, Workload, labels_of, sentence

NAMED = 8  # of what there is, in a message


class NothingToExport(ValueError):
    """There are no results of what was asked for; the message says why, or what there is."""


class Asked(NamedTuple):
    """What to show: a machine, a commit, and the newest Python by its label; "" asks for nothing in particular."""

    machine: str = ""
    commit: str = ""
    python: str = ""

    def __str__(self) -> str:
        named = {"machine": self.machine, "commit": self.commit[:8], "Python": self.python}
        return ", ".join(f"{name} {value}" for name, value in named.items() if value)

    def fits(self, key: tuple[str, str]) -> bool:
        """Whether it asks for this machine and commit, or for any."""
        return self.machine in ("", key[0]) and self.commit in ("", key[1])


@dataclass(frozen=True)
class Selection:
    """The points of each environment, by its label and from the oldest Python on, then by the workload's key."""

    machine: Machine
    commit: str
    environments: Mapping[str, Environment]
    pythons: Mapping[str, Mapping[str, Sequence[Point]]]
    suite: Suite
    in_pairs: bool = False

    @property
    def newest(self) -> str:
        return list(self.pythons)[-1]

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What is shown calls the workloads, by their keys: as short as tells those apart that were run."""
        run = {key for some in self.pythons.values() for key in some}
        return labels_of([workload for workload in self.suite.workloads if workload.key in run])

    @property
    def _workloads(self) -> list[Workload]:
        return [workload for workload in self.suite.workloads if self.suite.compares(workload)]

    def best(self) -> dict[str, list[Best]]:
        """The best row of each strategy on the newest Python, by the keys of the workloads with a speedup there."""
        serial = self.suite.settings.serial
        found = {}
        for workload in self._workloads:
            own = self.pythons[self.newest].get(workload.key, [])
            if speedup.baseline(own, serial) is not None:
                found[workload.key] = speedup.best_of_each(own, speedup.rows(own, serial))
        return found

    def missing(self) -> list[str]:
        """Why workloads have no speedup on the newest Python, or are not compared: a sentence for each reason."""
        reasons: dict[str, list[str]] = {}
        for workload in self.suite.workloads:
            own = self.pythons[self.newest].get(workload.key)
            if not self.suite.compares(workload):
                why = f"it has no parameter {' or '.join(self.suite.settings.strategy)}"
            elif own is None:
                why = f"it was not run on Python {self.newest}"
            else:
                why = speedup.why_no_baseline(own, self.suite.settings.serial)
            if why:
                reasons.setdefault(why, []).append(self.suite.labels[workload.key])
        return [sentence(reason, labels) for reason, labels in reasons.items()]

    def across(self) -> dict[str, list[PythonRow]]:
        """The times of the strategy that others are compared with on each Python, by the keys of the workloads."""
        found = {}
        for workload in self._workloads:
            by_python = [(label, some.get(workload.key, [])) for label, some in self.pythons.items()]
            rows = speedup.across_pythons(by_python, self.machine.cpus)
            own = [row for row in rows if row.strategy in (self.suite.settings.serial, "")]
            if own:
                found[workload.key] = own
        return found

    def freed(self) -> tuple[str, str, list[gil.Comparison]] | None:
        """The newest Python that was measured with a GIL and without, by their labels, and its comparison."""
        labels = {one.name: label for label, one in self.environments.items()}
        for old, new in reversed(gil.pairs(self.environments.values())):
            with_gil, without = labels[old.name], labels[new.name]
            found = gil.comparisons(self.suite, self.pythons[with_gil], self.pythons[without])
            if found:
                return with_gil, without, found
        return None


def select(folder: Path, suite: Suite, asked: Asked, warn: Warn, numbers: Mapping[str, int] | None = None) -> Selection:
    """What is asked for, of a folder of results; a warning for each file that cannot be read.

    By default it is the newest commit, of the machine that has it in the most environments: by its number, where
    commits have some, and else by its date. Raises NothingToExport and Unreadable.
    """
    found: dict[tuple[str, str], list[Run]] = {}
    machines = {}
    for one in results.machines(folder, warn):
        machines[one.name] = one
        for path in results.paths(one):
            try:
                run = results.read(path)
            except results.Unreadable as error:
                warn(str(error))
            else:
                found.setdefault((one.name, run.commit), []).append(run)
    if not found:
        raise NothingToExport(f"{folder} has no results")
    labels = {key: _labels(runs, machines[key[0]]) for key, runs in found.items()}
    if asked.commit:
        asked = asked._replace(commit=_one_commit(asked.commit, {hash_ for _, hash_ in found}))
    fitting = [key for key in found if asked.python in ("", *labels[key]) and asked.fits(key)]
    if not fitting:
        raise NothingToExport(f"there are no results of {asked}; there are: {_there(labels, asked)}")
    if numbers is None or not any(commit in numbers for _, commit in fitting):
        numbers = {commit: max(run.date for run in found[name, commit]) for name, commit in fitting}
    order = numbers
    name, commit = max(fitting, key=lambda key: (order.get(key[1], -1), len(labels[key]), key))
    of = labels[name, commit]
    shown = list(of)
    if asked.python:
        shown = shown[: shown.index(asked.python) + 1]
    by_environment = {run.environment: run for run in found[name, commit]}
    against = reference.of(machines[name].folder, warn)
    return Selection(
        machines[name],
        commit,
        {label: of[label] for label in shown},
        {
            label: points.points(by_environment[labels[name, commit][label].name], suite, warn, against)
            for label in shown
        },
        suite,
        against is not None,
    )


def _labels(runs: Sequence[Run], machine: Machine) -> dict[str, Environment]:
    found = [Environment(run.environment, run.python, environments.beyond(run.facts, machine.facts)) for run in runs]
    return environments.labelled(found)


def _one_commit(start: str, hashes: set[str]) -> str:
    """The hash that begins so. Raises NothingToExport unless it is one."""
    fitting = sorted(hash_ for hash_ in hashes if hash_.startswith(start))
    if len(fitting) > 1:
        raise NothingToExport(f"commit {start} may be each of {_listed([hash_[:12] for hash_ in fitting])}")
    if not fitting:
        raise NothingToExport(
            f"there are no results of commit {start}; there are: {_listed(sorted(hash_[:8] for hash_ in hashes))}"
        )
    return fitting[0]


def _there(labels: Mapping[tuple[str, str], Mapping[str, Environment]], asked: Asked) -> str:
    """What there is in place of what was asked for: Pythons if the rest is there, else machines."""
    pythons = dict.fromkeys(label for key, some in labels.items() if asked.fits(key) for label in some)
    if pythons:
        return f"Python {_listed(sorted(pythons, key=lambda label: environments.place(label, '')))}"
    return f"machine {_listed(sorted({name for name, commit in labels if asked.commit in ('', commit)}))}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
