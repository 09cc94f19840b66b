"""Reading a folder of asv's results: a run per file, and a word about each file that cannot be read.

The files are read as what they are, JSON of asv's results version 2, without asv: it would read
what the page does not show, and is the slower for it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS_VERSION = 2
MACHINE_VERSION = 1
NOT_A_RUN = ("machine.json", "benchmarks.json")

Warn = Callable[[str], None]


class Unreadable(ValueError):
    """A file that is not what asv writes; the message names it and says why."""


@dataclass(frozen=True)
class Machine:
    """A machine's folder of results, and what asv knows of it: name, CPUs, memory in bytes, system."""

    folder: Path
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.facts["machine"])

    @property
    def cpus(self) -> int | None:
        """How many it has, or None where asv did not find out."""
        try:
            return int(self.facts["num_cpu"])
        except (KeyError, TypeError, ValueError):
            return None


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


def machines(folder: Path, warn: Warn) -> Iterator[Machine]:
    """The machines of a results folder, by name."""
    for inside in sorted(path for path in folder.iterdir() if path.is_dir()):
        if not any(path.name not in NOT_A_RUN for path in inside.glob("*.json")):
            continue
        try:
            facts = load(inside / "machine.json", MACHINE_VERSION)
            if not isinstance(facts.get("machine"), str):
                raise Unreadable(f"{inside / 'machine.json'} does not name its machine")
        except Unreadable as error:
            warn(f"{error}; the results beside it are left out")
        else:
            yield Machine(inside, facts)


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
            python=str(found.get("python") or found["params"].get("python", "")),
            facts=_is(dict, found["params"]) | _is(dict, found.get("env_vars", {})),
            columns={name: place for place, name in enumerate(_is(list, found["result_columns"]))},
            results=_is(dict, found["results"]),
        )
        if "result" not in run.columns or not all(isinstance(row, list) for row in run.results.values()):
            raise TypeError("no rows of results")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{path} is not a file of asv's results ({type(error).__name__}: {error})") from None
    return run


def load(path: Path, version: int) -> dict[str, Any]:
    """A JSON object that says it has that version. Raises Unreadable."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Unreadable(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{path} holds no object, but a {type(found).__name__}")
    if found.get("version") != version:
        raise Unreadable(f"{path} has version {found.get('version')} of asv's format, not {version}")
    return found


def _is(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value
