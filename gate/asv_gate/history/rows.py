"""What asv's files of results say of benchmarks: a row each, with a value for every combination of its parameters."""

import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asv_gate.errors import GateError
from asv_gate.history.estimate import Estimate
from asv_gate.history.reference import Build

LONG_NAME = 128  # characters of an environment's name, from which on asv takes a digest
Z_95, Z_99 = 1.96, 2.576
NOT_MEASURED = {"repeat": 0}  # the statistics of a combination that was not asked for: one that skips itself has none


@dataclass(frozen=True)
class Value:
    """What was measured of one combination of parameters.

    Attributes
    ----------
    seconds
        Its time, or a metric in its unit; None where there is none.
    estimate
        Of its ratio to the reference, where it was measured in pairs with that.
    d
        ln(here / reference) of the pairs.
    base
        The reference's time.
    half, pairs
        Half of the 95 % interval of the logarithm, and the pairs, where this build fixed the reference time.
    why, skipped
        Why there is no value, and whether the benchmark skips itself.

    """

    seconds: float | None = None
    estimate: Estimate | None = None
    d: tuple[float, ...] = ()
    base: float = math.nan
    half: float = 0.0
    pairs: int = 1
    why: str = ""
    skipped: bool = False

    @property
    def failed(self) -> bool:
        """Whether it should have a value."""
        return self.seconds is None and not self.skipped

    def statistics(self) -> dict[str, float] | None:
        """What asv keeps beside a value: the 99 % interval, quartiles, and how often it was measured."""
        if self.seconds is None:
            return None
        if self.estimate is not None:
            low, high = self.estimate.interval(0.99)
            quarter, three = (self.base * math.exp(d) for d in np.quantile(self.d, (0.25, 0.75)))
            return _statistics(self.base * low, self.base * high, quarter, three, self.estimate.pairs)
        if self.half:
            wide = math.exp(self.half * Z_99 / Z_95)
            return _statistics(
                self.seconds / wide, self.seconds * wide, self.seconds / wide, self.seconds * wide, self.pairs
            )
        return None


def rows(entries: Sequence[Mapping[str, Any]], values: Mapping[str, Value], began: float) -> dict[str, dict[str, Any]]:
    """The rows of all benchmarks of which a combination was measured.

    Parameters
    ----------
    entries
        The suite's benchmarks, as asv's discovery has them.
    values
        By name with parameters.
    began
        When measuring began, in seconds since 1970.

    """
    found = {}
    for entry in entries:
        names = list(combinations(entry))
        if not any(name in values for name in names):
            continue
        results = [_result(values.get(name)) for name in names]
        statistics = [values[name].statistics() if name in values else dict(NOT_MEASURED) for name in names]
        found[entry["name"]] = {
            "result": None if all(result is None for result in results) else results,
            "stats": None if all(each is None for each in statistics) else statistics,
            "params": entry["params"] or [],
            "version": entry["version"],
            "started_at": int(began * 1000),
            "duration": 0.0,
        }
    return found


def file_name(build: Build) -> str:
    """Of a build's results, as asv calls it: an environment with a long name goes by a digest of that."""
    name = build.environment
    if len(name) >= LONG_NAME:
        name = f"env-{hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()}"
    return f"{build.commit[:8]}-{name}.json"


def date(file: Path) -> int:
    """The date of the commit, in milliseconds, whose results a file has that was read before."""
    return int(json.loads(file.read_text(encoding="utf-8"))["date"])


def written(file: Path, entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """The benchmarks, with parameters, that a file of asv's results has a value for, a failure or a skip.

    Raises
    ------
    GateError
        Where the file cannot be read.

    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        columns, found = content["result_columns"], content["results"]
        held = {name: dict(zip(columns, row, strict=False)) for name, row in found.items()}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise GateError(f"{file} cannot be read: {error!r}") from None
    names: set[str] = set()
    for entry in entries:
        row = held.get(entry["name"])
        if row is None or row.get("version") != entry["version"] or row.get("params") != (entry["params"] or []):
            continue
        all_of_it = list(combinations(entry))
        taken = row.get("stats_repeat") or [None] * len(all_of_it)
        names |= {name for name, repeat in zip(all_of_it, taken, strict=True) if repeat != 0}
    return names


def failing(file: Path, entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """Those of `written` that have no value, since they failed. Raises GateError where the file cannot be read."""
    known = written(file, entries)
    if not known:
        return set()
    content = json.loads(file.read_text(encoding="utf-8"))
    found = set()
    for entry in entries:
        row = dict(zip(content["result_columns"], content["results"].get(entry["name"], ()), strict=False))
        names = list(combinations(entry))
        values = row.get("result") or [None] * len(names)
        found |= {name for name, value in zip(names, values, strict=False) if name in known and value is None}
    return found


def times(file: Path, entries: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """By benchmark, with parameters, its time in a file of results, and half of the 95 % interval of its logarithm.

    Those that the file has no interval of are left out.

    Raises
    ------
    GateError
        Where the file cannot be read.

    """
    found = {}
    for name, seconds, low, high in _columns(file, entries, "result", "stats_ci_99_a", "stats_ci_99_b"):
        if seconds and low and high and 0 < low <= high < math.inf:
            found[name] = seconds, math.log(high / low) / 2 * Z_95 / Z_99
    return found


def quartiles(file: Path, entries: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, int]]:
    """By benchmark, with parameters, the logarithm of the upper quartile of its pairs over the lower, and their number.

    Those of which no two pairs are known, or which no pair told from the others, are left out.

    Raises
    ------
    GateError
        Where the file cannot be read.

    """
    keys = ("stats_q_25", "stats_q_75", "stats_ci_99_a", "stats_repeat")
    found = {}
    for name, quarter, three, low, repeat in _columns(file, entries, *keys):
        # Of a time that was fixed the interval is all that there is, and is in place of the quartiles.
        if quarter and three and repeat and repeat > 1 and 0 < quarter < three < math.inf and quarter != low:
            found[name] = math.log(three / quarter), int(repeat)
    return found


def _columns(file: Path, entries: Sequence[Mapping[str, Any]], *keys: str) -> Iterator[tuple[Any, ...]]:
    """Of the benchmarks of `written`, with parameters, the name and what these columns have."""
    known = written(file, entries)
    if not known:
        return
    content = json.loads(file.read_text(encoding="utf-8"))
    for entry in entries:
        row = dict(zip(content["result_columns"], content["results"].get(entry["name"], ()), strict=False))
        columns = (row.get(key) or () for key in keys)
        for name, *values in zip(combinations(entry), *columns, strict=False):
            if name in known:
                yield (name, *values)


def combinations(entry: Mapping[str, Any]) -> Iterator[str]:
    """The names of a benchmark with each combination of its parameters, in asv's order."""
    if not entry["params"]:
        yield entry["name"]
    else:
        for chosen in itertools.product(*entry["params"]):
            yield f"{entry['name']}({', '.join(chosen)})"


def _result(value: Value | None) -> float | None:
    """As asv has it: None for a failure, NaN for what was skipped or not asked for."""
    if value is None or value.skipped:
        return math.nan
    return value.seconds


def _statistics(low: float, high: float, quarter: float, three: float, repeat: int) -> dict[str, float]:
    return {"ci_99_a": low, "ci_99_b": high, "q_25": quarter, "q_75": three, "number": 1, "repeat": repeat}
