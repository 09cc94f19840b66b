"""Workloads that wait: how much of the waiting is done at the same time?

A worker that waits needs no CPU. So there may be more of them than CPUs, and `workers`, which
``make bench`` limits to the CPUs where it is the last parameter, comes first.
"""

from .common import WAITING, Timed, open_team, require_pair, teardown  # noqa: F401 - for asv


class Waiting(Timed):
    params = ((1, 8), WAITING)
    param_names = ("workers", "strategy")
    rounds = 1
    repeat = (4, 8, 0.3)
    size = "S"

    def setup(self, workers: int, strategy: str) -> None:
        require_pair(self.workload, strategy)
        if strategy == "serial" and workers > 1:
            raise NotImplementedError("serial has no workers")
        self.team = open_team(self.workload, strategy, workers, self.size)


class Sleep(Waiting):
    workload = "sleep"


class Crawl(Waiting):
    workload = "crawl"
