"""The times of one workload under one strategy, with every answer checked: ``python -m kernels run``."""

from __future__ import annotations

import dataclasses
import statistics
import time
from typing import Any

from kernels.comparing import table
from kernels.registry import name_of
from kernels.team import open

ROUNDS = 5
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))


@dataclasses.dataclass(frozen=True)
class Timing:
    """Warm runs, each with the right answer.

    `open_seconds`: to start the workers and place the data. `seconds`: of each run; under
    ``mpiexec`` from a barrier to the end at the last rank. `phases`: seconds in each phase, where
    the ranks tell: those of the fastest run, each at the rank that it took longest, and of
    ``scatter``, which comes once.
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

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON; `answer` is there to say what there would be no times without."""
        figures = {"best": min(self.seconds), "median": statistics.median(self.seconds), "answer": "right"}
        return dataclasses.asdict(self) | figures

    def __str__(self) -> str:
        where = f" on {self.hosts} hosts" if self.hosts > 1 else ""
        count = f"{self.workers} worker{'s' if self.workers > 1 else ''}{where}"
        rows = [
            ("answer", f"right, in all of {len(self.seconds)} runs"),
            ("open", duration(self.open_seconds)),
            ("best", duration(min(self.seconds))),
            ("median", duration(statistics.median(self.seconds))),
            *((name, duration(seconds)) for name, seconds in self.phases.items()),
        ]
        title = f"{self.workload}, {self.strategy}, {count}, size {self.size} ({self.items} items)"
        return f"{title}\n{table.plain(rows, '<>')}"


def measure(
    workload: Any, strategy: str, workers: int | None, *, size: Any, seed: int, start_method: str | None, rounds: int
) -> Timing:
    """Open a team, run it once to warm it up, and then `rounds` times. Raises what `kernels.run` does."""
    begin = time.perf_counter()
    with open(workload, strategy, workers=workers, size=size, seed=seed, start_method=start_method) as team:
        open_seconds = time.perf_counter() - begin
        seconds = []
        for _ in range(rounds + 1):
            begin = time.perf_counter()
            answer = team.run()
            seconds.append(time.perf_counter() - begin)
            team.check(answer)
        items = len(team.problem)
    name = name_of(team.workload)
    return Timing(name, strategy, team.workers, 1, size, items, open_seconds, tuple(seconds[1:]), {})


def duration(seconds: float) -> str:
    """With three digits and the unit that suits it."""
    unit, name = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{seconds / unit:.3g} {name}"
