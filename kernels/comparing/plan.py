"""What is to be compared: configurations of strategy and workers, checked, and one problem for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.contract.workload import AnyWorkload, Problem, Workload
from kernels.machine import cpus
from kernels.registry import find_strategy, find_workload
from kernels.team import default_start_method, problem_of, require_support

STRATEGIES = ("serial", "threaded", "pool", "shared")


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
    """What is to be measured; `left_out` has the strategies that cannot run the workload, and why."""

    workload: Workload
    size: str | int
    problem: Problem
    configurations: tuple[Configuration, ...]
    left_out: dict[str, str]
    start_method: str
    seed: int
    rounds: int | None


def plan(
    workload: AnyWorkload,
    strategies: Sequence[str] = STRATEGIES,
    workers: Sequence[int] | None = None,
    *,
    size: str | int = "M",
    start_method: str | None = None,
    seed: int = 0,
    rounds: int | None = None,
) -> Plan:
    """Check the input and make the problem. Serial is always among the configurations.

    Parameters
    ----------
    workers
        By default 1, 2, 4 and so on, up to the usable CPUs.
    rounds
        Warm runs of each configuration; by default as many as fit a time (see ``measurement``).

    Raises
    ------
    ValueError
        For bad input, with the value and what is allowed.
    """
    found = find_workload(workload)
    require_support(found, find_strategy("serial"))
    if workers is None:
        workers = [2**k for k in range(cpus.usable().bit_length())] + [cpus.usable()]
    configurations, left_out = [], {}
    for strategy in map(find_strategy, dict.fromkeys(("serial", *strategies))):
        reason = strategy.why_not(found)
        if reason is not None:
            left_out[strategy.name] = reason
        elif strategy.has_workers:
            configurations += [Configuration(strategy.name, count) for count in sorted(set(workers))]
        else:
            configurations.append(Configuration(strategy.name, None))
    return Plan(
        workload=found,
        size=size,
        problem=problem_of(found, size, seed),
        configurations=tuple(configurations),
        left_out=left_out,
        start_method=start_method or default_start_method(),
        seed=seed,
        rounds=rounds,
    )
