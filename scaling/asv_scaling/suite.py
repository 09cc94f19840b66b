"""Which benchmarks of a suite are about scaling: those that measure seconds and have a parameter for workers."""

import dataclasses
import itertools
import math
import operator
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from asv_scaling import parameters

NAMED = 5  # benchmarks in a sentence; of the others it says how many
LONGEST_NAME = 200


@dataclass(frozen=True)
class Settings:
    """What a suite calls its parameters, two of its strategies, and what a run does.

    `serial` is the strategy that the others are compared with, and `threaded` the one that a GIL holds back.

    `work` is of workloads by their key: an amount and its unit, as in ``[33554432, "flop"]``.
    """

    workers: Sequence[str] = ("workers", "processes", "threads", "n_jobs")
    strategy: Sequence[str] = ("strategy",)
    serial: str = "serial"
    threaded: str = "threaded"
    work: Mapping[str, tuple[float, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, given: object) -> "Settings":
        """Those of ``"scaling"`` in a suite's configuration. Raises ValueError, which names what is wrong."""
        if not isinstance(given, dict):
            raise ValueError(f'"scaling" must be an object, not {given!r}')
        for key, value in given.items():
            if key not in ("workers", "strategy", "serial", "threaded", "work"):
                raise ValueError(
                    f'"scaling" has no {key!r}; it has "workers", "strategy", "serial", "threaded" and "work"'
                )
            if key == "work":
                _check_work(value)
                continue
            one = key in ("serial", "threaded")
            names = [value] if one else value
            if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
                wanted = "a name" if one else "a list of names"
                raise ValueError(f'"{key}" of "scaling" must be {wanted}, not {value!r}')
        settings = cls(**given)
        both = set(settings.workers) & set(settings.strategy)
        if both:
            raise ValueError(f'"scaling" has {min(both)!r} as a name of workers and of strategy')
        return settings


def _check_work(given: object) -> None:
    """Raise ValueError where it is not an amount and a unit for each workload."""
    if not isinstance(given, dict):
        raise ValueError(f'"work" of "scaling" must be an object, not {given!r}')
    for name, value in given.items():
        if not (
            isinstance(value, list)
            and len(value) == 2
            and isinstance(value[0], (int, float))
            and not isinstance(value[0], bool)
            and 0 < value[0] < math.inf
            and isinstance(value[1], str)
            and value[1]
        ):
            raise ValueError(
                f'"work" of "scaling" must have an amount above 0 and its unit, as in [33554432, "flop"], '
                f"not {value!r} for {name}"
            )


@dataclass(frozen=True)
class Place:
    """Where a point is among the results of a benchmark: its position in asv's flat list of them."""

    index: int
    strategy: str
    workers: int


@dataclass(frozen=True)
class Workload:
    """A benchmark at one choice of the parameters that are neither strategy nor workers.

    `key` is text that no other workload of the suite has, and `name` the benchmark's as it can be
    shown. The strategy of a place is "" where the benchmark has no parameter for it.
    """

    key: str
    benchmark: str
    name: str
    choice: Mapping[str, str]
    places: Sequence[Place]

    @property
    def strategies(self) -> list[str]:
        return list(dict.fromkeys(place.strategy for place in self.places))


@dataclass(frozen=True)
class Suite:
    """The workloads of a suite in the order of their names, and a sentence for each reason to leave something out."""

    benchmarks: Mapping[str, Any]
    settings: Settings
    workloads: Sequence[Workload]
    left_out: Sequence[str]
    labels: Mapping[str, str]

    @classmethod
    def of(cls, benchmarks: Mapping[str, Any], settings: Settings) -> "Suite":
        """The suite whose ``benchmarks.json`` holds these benchmarks."""
        reasons: dict[str, list[str]] = {}
        workloads: list[Workload] = []
        names = parameters.distinct([parameters.printable(name, LONGEST_NAME) for name in benchmarks])
        for (key, benchmark), name in sorted(zip(benchmarks.items(), names, strict=True), key=operator.itemgetter(1)):
            try:
                workloads += _workloads(key, name, _checked(benchmark), settings, reasons)
            except ValueError as error:
                reasons.setdefault(f"of what benchmarks.json says of it, {error}", []).append(name)
        keys = parameters.distinct([workload.key for workload in workloads])
        workloads = [dataclasses.replace(workload, key=key) for workload, key in zip(workloads, keys, strict=True)]
        strangers = sorted(settings.work.keys() - {workload.key for workload in workloads})
        if strangers:
            reasons['"work" of "scaling" in asv.conf.json names it, and no workload is called so'] = strangers
        sentences = [sentence(reason, some) for reason, some in reasons.items()]
        return cls(benchmarks, settings, workloads, sentences, labels_of(workloads))

    @cached_property
    def strategies(self) -> list[str]:
        return list(dict.fromkeys(strategy for workload in self.workloads for strategy in workload.strategies))

    @property
    def baseline(self) -> str:
        """What a speedup is over, in words."""
        return self.settings.serial if self.settings.serial in self.strategies else "the fewest workers"

    def compares(self, workload: Workload) -> bool:
        """Whether it says which strategy to take: one without strategies does not, unless the whole suite is so."""
        return "" not in workload.strategies or set(self.strategies) == {""}

    @property
    def why_nothing(self) -> str:
        """Why no speedup can be shown of any workload, or "" where one can."""
        if not self.workloads:
            return (
                "No benchmark measures seconds and has a parameter for workers with numbers as its values: it must be "
                f'called {" or ".join(self.settings.workers)}, or as "scaling": {{"workers": [...]}} in '
                "asv.conf.json says."
            )
        if not {self.settings.serial, ""} & set(self.strategies):
            return (
                f"There is no speedup, for no strategy is called {self.settings.serial}: "
                f'"scaling": {{"serial": ...}} in asv.conf.json says which of {", ".join(self.strategies)} '
                "the others are compared with."
            )
        return ""


def _checked(benchmark: Any) -> dict[str, Any]:
    """The same entry of ``benchmarks.json``. Raises ValueError where asv would not have written it."""
    if not isinstance(benchmark, dict):
        raise ValueError(f"{benchmark!r:.40} is no object")
    names, params = benchmark.get("param_names", []), benchmark.get("params", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f'"param_names" is no list of texts, but {names!r:.40}')
    if not isinstance(params, list) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in params
    ):
        raise ValueError(f'"params" is no list of lists of texts, but {params!r:.40}')
    if len(names) != len(params):
        raise ValueError(f"{len(names)} parameters have names and {len(params)} have values")
    return benchmark


def _workloads(
    key: str, name: str, benchmark: Mapping[str, Any], settings: Settings, reasons: dict[str, list[str]]
) -> Iterator[Workload]:
    """The workloads of a benchmark; what is left out of them is added to `reasons`."""
    names, params = benchmark.get("param_names", []), benchmark.get("params", [])
    workers = next((names.index(word) for word in settings.workers if word in names), None)
    if workers is None:
        return  # it says nothing of scaling
    if benchmark.get("unit") != "seconds":
        reasons.setdefault(f"it measures {parameters.printable(benchmark.get('unit'))}, not seconds", []).append(name)
        return
    strategy = next((names.index(word) for word in settings.strategy if word in names), None)
    counts = _counts(names[workers], params[workers], name, reasons)
    texts = [parameters.shown(values) for values in params]
    titles = parameters.distinct([parameters.printable(title) for title in names])
    found: dict[tuple[str, ...], list[Place]] = {}
    for index, position in enumerate(itertools.product(*(range(len(values)) for values in params))):
        count = counts[position[workers]]
        if count is not None:
            chosen = tuple(texts[axis][place] for axis, place in enumerate(position) if axis not in (workers, strategy))
            kind = "" if strategy is None else texts[strategy][position[strategy]]
            found.setdefault(chosen, []).append(Place(index, kind, count))
    others = [title for axis, title in enumerate(titles) if axis not in (workers, strategy)]
    for chosen, places in found.items():
        choice = dict(zip(others, chosen, strict=True))
        said = ", ".join(f"{title}={value}" for title, value in choice.items())
        yield Workload(f"{name}[{said}]" if said else name, key, name, choice, places)


def _counts(title: str, values: Sequence[str], name: str, reasons: dict[str, list[str]]) -> list[int | None]:
    """The number of workers that each value says, once for each number."""
    counts: list[int | None] = []
    for value in values:
        count = parameters.count(value)
        written = f"{parameters.printable(title)}={parameters.printable(value)}"
        if count is None:
            reasons.setdefault(f"{written} is no number of workers", []).append(name)
        elif count in counts:
            reasons.setdefault(f"{written} is the same number of workers as a value before it", []).append(name)
            count = None
        counts.append(count)
    return counts


def sentence(reason: str, names: Sequence[str]) -> str:
    """The names, some of them where they are many, and the reason why they are left out."""
    more = len(names) - NAMED
    return f"{'; '.join(names[:NAMED])}{f' and {more} more' if more > 0 else ''}: {reason}"


def labels_of(of: Sequence[Workload]) -> dict[str, str]:
    """A short name for each workload: its class or function, or more of its name where that is another's too."""

    def names(name: str) -> dict[str, None]:
        scope, _, method = name.rpartition(".")
        owner = scope.rpartition(".")[2]
        return dict.fromkeys([owner, scope, name] if owner[:1].isupper() else [method.split("_", 1)[-1] or name, name])

    taken = Counter(short for name in {workload.name for workload in of} for short in names(name))

    def label(workload: Workload) -> str:
        chosen = "".join(f", {key} {value}" for key, value in workload.choice.items())
        return next((name for name in names(workload.name) if taken[name] == 1), workload.name) + chosen

    found = [label(workload) for workload in of]
    return dict(zip((workload.key for workload in of), parameters.distinct(found), strict=True))
