"""The times of one workload under one strategy, with every answer checked: ``python -m kernels run``."""

from __future__ import annotations

import dataclasses
import statistics
import time
from typing import Any

from kernels.comparing.comparison import spread
from kernels.comparing.rates import Work, work_of
from kernels.registry import name_of
from kernels.team import open

ROUNDS = 5


@dataclasses.dataclass(frozen=True)
class Timing:
    """The times of warm runs, each of which gave the right answer.

    Attributes
    ----------
    open_seconds
        Seconds to start the workers and place the data.
    seconds
        Of each run; under ``mpiexec`` from a barrier to the end at the last rank.
    work
        What a run does, where the workload says so.
    phases
        Seconds in each phase where strategy `mpi` ran under ``mpiexec``, else empty: those of the
        fastest run, each at the rank that it took longest, and of ``scatter``, which comes once.
    """

    workload: str
    strategy: str
    workers: int
    hosts: int
    size: str | int
    items: int
    open_seconds: float
    seconds: tuple[float, ...]
    phases: dict[str, float]
    work: Work | None = None

    @property
    def best(self) -> float:
        """The least seconds of a run."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The median seconds of a run."""
        return statistics.median(self.seconds)

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON; there are no times without right answers, which `answer` records."""
        figures = {"best": self.best, "median": self.median, "spread": spread(self.seconds), "answer": "right"}
        return dataclasses.asdict(self) | figures | {"rate": self.work and self.work.amount / self.best}


def measure(
    workload: Any,
    strategy: str,
    workers: int | None,
    *,
    size: Any,
    seed: int,
    start_method: str | None,
    rounds: int,
    connect: str | None = None,
) -> Timing:
    """Open a team, run it once to warm it up, and then `rounds` times. Raises what ``kernels.run`` does."""
    begin = time.perf_counter()
    how: Any = {"start_method": start_method, "connect": connect}
    with open(workload, strategy, workers=workers, size=size, seed=seed, **how) as team:
        open_seconds = time.perf_counter() - begin
        seconds = []
        for _ in range(rounds + 1):
            begin = time.perf_counter()
            answer = team.run()
            seconds.append(time.perf_counter() - begin)
            team.check(answer)
        items, work = len(team.problem), work_of(team.workload, team.problem)
    name = name_of(team.workload)
    return Timing(name, strategy, team.workers, 1, size, items, open_seconds, tuple(seconds[1:]), {}, work)
