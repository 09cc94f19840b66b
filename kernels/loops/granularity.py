"""What handing out one item costs, which is what very short functions are lost to."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kernels.comparing.plan import Configuration
from kernels.loops.loop import make
from kernels.machine import cpus
from kernels.team import open

SHORT_SECONDS = 1e-3  # an item that takes longer than this is worth handing out, whatever the strategy
TASKS = 300
REPEATS = 5


def half_efficient(configurations: Sequence[Configuration], start_method: str) -> dict[str, float]:
    """The length of an item, in seconds, at which a strategy that hands out single items is half efficient.

    That is the minimum effective task granularity, METG (50 %), of Task Bench (Slaughter et al., SC20), here by the
    time of tasks of no work at all: a caller who hands one out in d seconds keeps w workers half busy with tasks
    of w d.
    """
    loop = make(_nothing, range(TASKS), reduce=None, row=None, chunk=1)
    found = {}
    for configuration in configurations:
        with open(
            loop,
            configuration.strategy,
            workers=configuration.workers,
            problem=loop.problem(TASKS),
            start_method=start_method,
        ) as team:
            seconds = []
            for _ in range(REPEATS):
                begin = time.perf_counter()
                team.run()
                seconds.append(time.perf_counter() - begin)
        busy = min(configuration.workers or 1, cpus.usable())
        found[configuration.strategy] = busy * min(seconds) / TASKS
    return found


def _nothing(item: int) -> int:
    return item
