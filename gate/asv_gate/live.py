"""Pairs that are measured now, or were before the run was interrupted: its journal has every one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from asv_gate import comparable
from asv_gate.asvlink import Benchmark
from asv_gate.journal import Journal
from asv_gate.pair import Side


class LivePairs:
    """A source of pairs for `asv_gate.decide`, which asks for the same ones again when a run is resumed.

    Coins and hash seeds come from the run's seed, the round and the benchmark, so that it does not
    matter when a pair is measured.

    Parameters
    ----------
    sides
        Base and head, a pair for each installation.
    benchmarks, costs
        What is measured, and the seconds that a pair of each is expected to take.
    journal
        Of the run: what it has is not measured again.
    tell
        Told of every pair how many seconds it took.

    """

    def __init__(
        self,
        sides: Sequence[tuple[Side, Side]],
        benchmarks: Sequence[Benchmark],
        costs: Sequence[float],
        journal: Journal,
        tell: Callable[[float], None],
    ) -> None:
        self.costs = np.array(costs, float)
        self.values: dict[str, list[tuple[float, float]]] = {benchmark.name: [] for benchmark in benchmarks}
        self.wrong: dict[str, str] = {}  # by name, why it cannot be compared
        self.broken: dict[str, str] = {}  # by name, how it fails in head and not in base
        self.benchmarks = benchmarks
        self._sides, self._journal, self._tell = sides, journal, tell
        self._seed: int = journal.header["seed"]
        self._rounds = 0

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        """A pair of each, in an order that chance has shuffled."""
        number, self._rounds = self._rounds, self._rounds + 1
        d, seconds = np.full(len(chosen), np.nan), np.zeros(len(chosen))
        for place in np.random.default_rng([self._seed, number]).permutation(len(chosen)):
            line = self._pair(number, self.benchmarks[chosen[place]], installation)
            worse = -1 if self.benchmarks[chosen[place]].larger_is_better else 1
            d[place] = np.nan if line["d"] is None else worse * line["d"]
            seconds[place] = line["seconds"]
        return d, seconds

    def _pair(self, number: int, benchmark: Benchmark, installation: int) -> dict[str, Any]:
        name = benchmark.name

        def measured() -> dict[str, Any]:
            coins = np.random.default_rng([self._seed, number, *name.encode("utf-8", "backslashreplace")])
            sides = self._sides[installation % len(self._sides)]
            line = comparable.as_line(comparable.measure_pair(sides, benchmark, coins))
            return {"installation": installation, **line}

        line = self._journal.once({"round": number, "name": name}, measured)
        self._tell(line["seconds"])
        if line["why"]:
            self.wrong[name] = line["why"]
            if line["broken"]:
                self.broken[name] = line["broken"]
        else:
            self.values[name].append((float(line["base"]), float(line["head"])))
        return line
