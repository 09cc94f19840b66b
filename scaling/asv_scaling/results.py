"""Reading a folder of asv's results: a run per file, and a warning for each file that cannot be read.

The files are JSON, in version 2 of asv's format, and are read without asv: it would also read what
is not shown here, and be slower.
"""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv_scaling import parameters

RESULTS_VERSION = 2
BENCHMARKS_VERSION = 2
MACHINE_VERSION = 1
NOT_A_RUN = ("machine.json", "benchmarks.json")
LAST_DATE = 6.2e13  # milliseconds since 1970: before and after, a year that Python knows
LONG_NAME = 128  # characters of an environment's name, from which on asv takes a digest

Warn = Callable[[str], None]


class Unreadable(ValueError):
    """A file that is not what asv writes; the message names it and says why."""


@dataclass(frozen=True)
class Machine:
    """A machine's folder of results, its name, and what asv knows of it: CPUs, memory in bytes, system."""

    folder: Path
    name: str
    facts: Mapping[str, Any]

    @property
    def cpus(self) -> int | None:
        """How many it has, or None where asv did not find out."""
        return parameters.count(str(self.facts.get("num_cpu")))


@dataclass(frozen=True)
class Run:
    """What asv measured of one commit in one environment: a file of results.

    `columns` says which place in a benchmark's row of `results` holds what. `date` is the
    commit's, in milliseconds since 1970.
    """

    path: Path
    commit: str
    date: int
    environment: str
    python: str
    facts: Mapping[str, Any]
    columns: Mapping[str, int]
    results: Mapping[str, list[Any]]

    def column(self, benchmark: str, name: str) -> Any:
        """A benchmark's value of a column, or None where asv left it away."""
        row, place = self.results[benchmark], self.columns.get(name)
        return row[place] if place is not None and place < len(row) else None


def benchmarks(folder: Path) -> dict[str, Any]:
    """The entries of a results folder's ``benchmarks.json`` by name. Raises Unreadable."""
    path = folder / "benchmarks.json"
    if folder.is_dir() and not path.exists():
        raise Unreadable(f"{path} is missing; asv run --bench just-discover makes it")
    found = load(path, BENCHMARKS_VERSION)
    del found["version"]
    return found


def machines(folder: Path, warn: Warn) -> Iterator[Machine]:
    """The machines of a results folder, by folder; two of one name are told apart by their folders.

    Raises Unreadable if the folder itself cannot be read.
    """
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise Unreadable(f"{folder} cannot be read: {error.strerror}") from None
    known = []
    for place in inside:
        if not any(path.name not in NOT_A_RUN for path in place.glob("*.json")):
            continue
        try:
            facts = load(place / "machine.json", MACHINE_VERSION)
            if not isinstance(facts.get("machine"), str):
                raise Unreadable(f"{place / 'machine.json'} does not name its machine")
        except Unreadable as error:
            warn(f"{error}; the results beside it are left out")
        else:
            known.append((place, parameters.printable(facts["machine"]), facts))
    names = Counter(name for _, name, _ in known)
    for place, name, facts in known:
        said = f"{name} ({parameters.printable(place.name)})" if names[name] > 1 else name
        yield Machine(place, said, facts)


def paths(machine: Machine) -> list[Path]:
    """The files of a machine that should be runs."""
    return sorted(path for path in machine.folder.glob("*.json") if path.name not in NOT_A_RUN)


def read(path: Path) -> Run:
    """One run. Raises Unreadable."""
    found = load(path, RESULTS_VERSION)
    try:
        run = Run(
            path=path,
            commit=_is(str, found["commit_hash"]),
            date=int(found["date"]),
            environment=_is(str, found["env_name"]),
            python=parameters.printable(found.get("python") or found["params"].get("python", "")),
            facts=_is(dict, found["params"]) | _is(dict, found.get("env_vars", {})),
            columns={name: place for place, name in enumerate(_is(list, found["result_columns"]))},
            results=_is(dict, found["results"]),
        )
        if "result" not in run.columns or not all(isinstance(row, list) for row in run.results.values()):
            raise TypeError("no rows of results")
        if not abs(run.date) <= LAST_DATE:
            raise ValueError(f"the date of its commit is {run.date!r:.40}")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Unreadable(f"{path} is not a file of asv's results ({type(error).__name__}: {error})") from None
    return run


def file_name(commit: str, environment: str) -> str:
    """As asv calls the file of a run: an environment with a long name goes by a digest of that."""
    if len(environment) >= LONG_NAME:
        environment = f"env-{hashlib.md5(environment.encode(), usedforsecurity=False).hexdigest()}"
    return f"{commit[:8]}-{environment}.json"


def load(path: Path, version: int) -> dict[str, Any]:
    """A JSON object that says it has that version. Raises Unreadable."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{path} holds no object, but a {type(found).__name__}")
    if found.get("version") != version:
        raise Unreadable(f"{path} has version {found.get('version')!r:.40} of asv's format, not {version}")
    return found


def values(run: Run, names: Iterable[str]) -> Iterator[tuple[str, float, float, float]]:
    """The values of some of a run's benchmarks, with their parameters, and the intervals, of no width without one."""
    for name in names:
        columns = [run.column(name, column) for column in ("result", "stats_ci_99_a", "stats_ci_99_b")]
        params = run.column(name, "params") or []
        if not all(isinstance(column, list) for column in (columns[0], params, *params)):
            continue
        columns = [column if isinstance(column, list) else [None] * len(columns[0]) for column in columns]
        shown = [f"({', '.join(map(str, chosen))})" for chosen in itertools.product(*params)] if params else [""]
        for words, value, low, high in zip(shown, *columns, strict=False):
            if isinstance(value, int | float):
                bounded = isinstance(low, int | float) and isinstance(high, int | float)
                ends = (low, high) if bounded else (value, value)
                yield f"{name}{words}", float(value), float(ends[0]), float(ends[1])


def _is(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value
