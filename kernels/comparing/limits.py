"""What this machine can do at most, measured: its memory's bandwidth, and the peak of its BLAS.

A rate close to one of them is a rate that no strategy will raise.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from kernels.comparing.rates import Work, in_prefixes
from kernels.machine import cpus
from kernels.team import open

COPIED = 2**25  # elements of each array, 256 MiB: several times what caches hold
REPEATS = 10
DGEMM = 2_000  # rows and columns


@dataclass(frozen=True)
class Limits:
    """Rates a second: `bandwidth` in bytes, counted as STREAM's copy does, and `peak` in flop, on all usable `cpus`."""

    bandwidth: float
    peak: float
    cpus: int

    def share(self, work: Work, seconds: float) -> float | None:
        """Which part of the limit work in that time reaches; None where the limit of its unit is not known."""
        limit = {"B": self.bandwidth, "flop": self.peak}.get(work.unit)
        return None if limit is None else work.amount / seconds / limit

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        count = f"{self.cpus} CPU{'s' if self.cpus > 1 else ''}"
        return f"memory {in_prefixes(self.bandwidth, 'B')} (copy, {count}), dgemm {in_prefixes(self.peak, 'flop')}"


def measured() -> Limits:
    """Measure both, in some seconds, with a thread for each usable CPU."""
    return Limits(_bandwidth(), _peak(), cpus.usable())


def _bandwidth() -> float:
    """Of the copy c = a of STREAM: each thread copies its share, which NumPy does without the GIL."""
    import numpy as np

    workers = cpus.usable()
    source, target = np.ones(COPIED), np.zeros(COPIED)
    edges = [COPIED * number // workers for number in range(workers + 1)]

    def copy(number: int) -> None:
        mine = slice(edges[number], edges[number + 1])
        np.copyto(target[mine], source[mine])

    seconds = []
    with ThreadPoolExecutor(workers) as executor:
        for _ in range(REPEATS):
            begin = time.perf_counter()
            list(executor.map(copy, range(workers)))
            seconds.append(time.perf_counter() - begin)
    return 2.0 * source.nbytes / min(seconds)


def _peak() -> float:
    """Of the workload dgemm, on threads with a BLAS of one thread each."""
    seconds = []
    with open("dgemm", "threaded", size=DGEMM) as team:
        for _ in range(REPEATS):
            begin = time.perf_counter()
            answer = team.run()
            seconds.append(time.perf_counter() - begin)
        team.check(answer)
        flop, _ = team.workload.amount(team.problem)  # type: ignore[attr-defined]
    return float(flop) / min(seconds)
