"""What is to be compared: configurations of strategy and workers, checked, and one problem for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.contract.workload import AnyWorkload, Problem, Workload
from kernels.machine import cpus
from kernels.registry import find_strategy, find_workload
from kernels.team import checked_workers, default_start_method, problem_of, require_support

STRATEGIES = ("serial", "threaded", "pool", "shared")
WARM_UP_ROUNDS = 2
WARM_SECONDS = 30.0  # the rounds are as many as fit, within limits


@dataclass(frozen=True)
class Configuration:
    """A strategy with a number of workers, which is None where it has none.

    `chunk` is how many items a part has, where that is not left to the strategy.
    """

    strategy: str
    workers: int | None
    chunk: int | None = None

    def __str__(self) -> str:
        if self.workers is None:
            return self.strategy
        chunk = "" if self.chunk is None else f" and chunks of {self.chunk}"
        return f"{self.strategy} with {self.workers} worker{'s' if self.workers > 1 else ''}{chunk}"


@dataclass(frozen=True)
class Plan:
    """What is to be measured; `left_out` has the strategies that cannot run the workload, and why.

    A run that takes more than `limit` seconds is given up; None is no limit.
    """

    workload: Workload
    size: str | int
    problem: Problem
    configurations: tuple[Configuration, ...]
    left_out: dict[str, str]
    start_method: str
    seed: int
    rounds: int | None
    warmup: int = WARM_UP_ROUNDS
    max_seconds: float = WARM_SECONDS
    limit: float | None = None


def plan(
    workload: AnyWorkload,
    strategies: Sequence[str] = STRATEGIES,
    workers: Sequence[int] | None = None,
    *,
    size: str | int = "M",
    start_method: str | None = None,
    seed: int = 0,
    rounds: int | None = None,
    warmup: int = WARM_UP_ROUNDS,
    max_seconds: float | None = None,
    limit: float | None = None,
) -> Plan:
    """Check the input and make the problem. Serial is always among the configurations.

    Parameters
    ----------
    workers
        By default 1, 2, 4 and so on, up to the usable CPUs.
    rounds
        Warm runs of each configuration; by default as many as fit `max_seconds` (see ``measurement``).
    warmup
        Warm runs of each configuration that come before and are not counted.

    Raises
    ------
    ValueError
        For bad input, with the value and what is allowed.
    """
    found = find_workload(workload)
    require_support(found, find_strategy("serial"))
    configurations, left_out = configured(found, strategies, workers)
    return Plan(
        workload=found,
        size=size,
        problem=problem_of(found, size, seed),
        configurations=configurations,
        left_out=left_out,
        start_method=start_method or default_start_method(),
        seed=seed,
        rounds=rounds,
        warmup=warmup,
        max_seconds=WARM_SECONDS if max_seconds is None else max_seconds,
        limit=limit,
    )


def configured(
    workload: Workload, strategies: Sequence[str], workers: Sequence[int] | None
) -> tuple[tuple[Configuration, ...], dict[str, str]]:
    """The configurations that can run the workload, of which the first is serial; and why others cannot."""
    if workers is None:
        workers = [2**k for k in range(cpus.usable().bit_length())] + [cpus.usable()]
    counts = sorted(set(map(checked_workers, workers)))
    if not counts:
        raise ValueError("workers must be at least one number, not none")
    configurations, left_out = [], {}
    for strategy in map(find_strategy, dict.fromkeys(("serial", *strategies))):
        reason = strategy.why_not(workload)
        if reason is not None:
            left_out[strategy.name] = reason
        elif strategy.has_workers:
            configurations += [Configuration(strategy.name, count) for count in counts]
        else:
            configurations.append(Configuration(strategy.name, None))
    return tuple(configurations), left_out
