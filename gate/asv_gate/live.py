"""Pairs that are measured now, or were before the run was interrupted: its journal has every one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from asv_gate import pair
from asv_gate.asvlink import Benchmark
from asv_gate.journal import Journal
from asv_gate.pair import Pair, Side
from asv_gate.survey import fails_in_head_only, incomparable


class Live:
    """A source of pairs for `asv_gate.decide`, which asks for the same ones again when a run is resumed.

    Coins and hash seeds come from the run's seed, the round and the benchmark, so that it does not
    matter when a pair is measured.
    """

    def __init__(
        self,
        sides: Sequence[tuple[Side, Side]],
        benchmarks: Sequence[Benchmark],
        costs: Sequence[float],
        journal: Journal,
        tell: Callable[[Benchmark, float], None] = lambda benchmark, seconds: None,
    ) -> None:
        self.costs = np.array(costs, float)
        self.values: dict[str, list[tuple[float, float]]] = {benchmark.name: [] for benchmark in benchmarks}
        self.wrong: dict[str, str] = {}
        self.broken: dict[str, str] = {}
        self._sides, self._benchmarks, self._journal, self._tell = sides, benchmarks, journal, tell
        self._seed: int = journal.header["seed"]
        self._known = {(line["round"], line["name"]): line for line in journal.lines if "round" in line}
        self._rounds = 0

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        """A pair of each, in an order that chance has shuffled."""
        number, self._rounds = self._rounds, self._rounds + 1
        d, seconds = np.full(len(chosen), np.nan), np.zeros(len(chosen))
        for place in np.random.default_rng([self._seed, number]).permutation(len(chosen)):
            line = self.pair(number, self._benchmarks[chosen[place]], installation)
            d[place] = np.nan if line["d"] is None else line["d"]
            seconds[place] = line["seconds"]
        return d, seconds

    def pair(self, number: int, benchmark: Benchmark, installation: int) -> dict[str, Any]:
        name = benchmark.name
        line = self._known.get((number, name))
        if line is None:
            rng = np.random.default_rng([self._seed, number % 2**32, *name.encode()])
            base, head = self._sides[installation % len(self._sides)]
            line = as_line(number, name, installation, pair.measure(base, head, benchmark, rng))
            self._journal.add(line)
        self._tell(benchmark, line["seconds"])
        if line["why"]:
            self.wrong[name] = line["why"]
            if line["broken"]:
                self.broken[name] = line["broken"]
        else:
            self.values[name].append((line["base"], line["head"]))
        return line


def as_line(number: int, name: str, installation: int, measured: Pair) -> dict[str, Any]:
    """A pair as the journal has it."""
    base, head = measured.base, measured.head
    why = incomparable(base, head)
    return {
        "round": number,
        "name": name,
        "installation": installation,
        "base_first": measured.base_first,
        "seconds": round(measured.seconds, 4),
        "d": None if np.isnan(measured.d) else measured.d,
        "base": None if why else base.value,
        "head": None if why else head.value,
        "why": why,
        "broken": head.error if fails_in_head_only(base, head) else "",
    }
