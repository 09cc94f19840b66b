"""Compare strategies on one workload: sample them in turns, and judge which is the fastest."""

import contextlib
import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kernels import cpus, info
from kernels.registry import find_strategy, find_workload, name_of, why_not
from kernels.team import Team, default_start_method, make_problem, open
from kernels.workload import Problem

STRATEGIES = ("serial", "threaded", "pool", "shared")
COLD_SAMPLES = 3
WARM_UP_ROUNDS = 2
WARM_SECONDS = 30.0  # the rounds are as many as fit, within the limits that follow
FEWEST_ROUNDS, MOST_ROUNDS = 5, 30
CONFIDENCE = 0.99

T = TypeVar("T")
Progress = Callable[[int, int], None]  # told how many runs are done, and of how many


class Failed(Exception):
    """A strategy did not run through, or gave a wrong answer; the message says which and why."""


@dataclass(frozen=True)
class Configuration:
    """A strategy with a number of workers, which is None where it has none."""

    strategy: str
    workers: int | None

    def __str__(self) -> str:
        if self.workers is None:
            return self.strategy
        return f"{self.strategy} with {self.workers} worker{'s' if self.workers > 1 else ''}"


@dataclass(frozen=True)
class Plan:
    """What is to be measured, checked and ready; `left_out` has the strategies that cannot run, and why."""

    workload: Any
    size: Any
    problem: Problem
    configurations: tuple[Configuration, ...]
    left_out: dict[str, str]
    start_method: str
    seed: int
    rounds: int | None


def plan(
    workload: Any,
    strategies: Sequence[str] = STRATEGIES,
    workers: Sequence[int] | None = None,
    *,
    size: Any = "M",
    start_method: str | None = None,
    seed: int = 0,
    rounds: int | None = None,
) -> Plan:
    """Check what is asked for, and make the problem. Serial, the reference, is always there.

    `workers` are by default 1, 2, 4 and so on up to the usable CPUs. Raises ValueError for bad input.
    """
    workload = find_workload(workload)
    if workers is None:
        workers = [2**k for k in range(cpus.usable().bit_length())] + [cpus.usable()]
    configurations, left_out = [], {}
    for strategy in dict.fromkeys(("serial", *strategies)):
        reason = why_not(workload, strategy)
        if reason is not None:
            left_out[strategy] = reason
        elif find_strategy(strategy).HAS_WORKERS:
            configurations += [Configuration(strategy, count) for count in sorted(set(workers))]
        else:
            configurations.append(Configuration(strategy, None))
    return Plan(
        workload=workload,
        size=size,
        problem=make_problem(workload, size, seed),
        configurations=tuple(configurations),
        left_out=left_out,
        start_method=start_method or default_start_method(),
        seed=seed,
        rounds=rounds,
    )


@dataclass(frozen=True)
class Timing:
    """Seconds of one configuration: `cold` samples, and `warm` ones by round."""

    configuration: Configuration
    cold: tuple[float, ...]
    warm: tuple[float, ...]

    @property
    def best(self) -> float:
        return min(self.warm)

    @property
    def median(self) -> float:
        return statistics.median(self.warm)

    @property
    def cold_median(self) -> float:
        return statistics.median(self.cold)


@dataclass(frozen=True)
class Comparison:
    """What was measured; the first timing is that of serial."""

    plan: Plan
    info: dict[str, Any]
    timings: tuple[Timing, ...]

    def oversubscribed(self, timing: Timing) -> bool:
        return (timing.configuration.workers or 1) > self._usable

    def speedup(self, timing: Timing) -> float:
        """From the best times: what disturbs a run can only make it longer."""
        return self.timings[0].best / timing.best

    def efficiency(self, timing: Timing) -> float:
        return self.speedup(timing) / self._cpus(timing)

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        from kernels.verdict import judge

    @property
    def _usable(self) -> int:
        return int(self.info["cpus"]["usable"])
