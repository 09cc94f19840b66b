"""Oversubscription: what do more workers than CPUs cost, and workers whose BLAS has threads of its own?"""

import os

import kernels

from .common import ONE_ROUND, WORKERS, Timed, open_team, require, require_pair, teardown  # noqa: F401 - for asv


class Oversubscribed(Timed):
    """One, two and four workers for each CPU, on a problem that stays the same."""

    params = ((1, 2, 4), ("threaded", "shared"))
    param_names = ("workers_per_cpu", "strategy")
    rounds = 1
    repeat = ONE_ROUND
    size = "S"

    def setup(self, workers_per_cpu: int, strategy: str) -> None:
        require_pair(self.workload, strategy)
        self.team = open_team(self.workload, strategy, workers_per_cpu * kernels.cpus(), self.size)


class Parzen(Oversubscribed):
    """Independent parts: the cost is that of switching, and of more and smaller parts."""

    workload = "parzen"


class Stencil(Oversubscribed):
    """Barriers: all wait for the worker that gets a CPU last."""

    workload = "stencil"


class Dgemm(Timed):
    """Workers whose BLAS has one thread, which teams see to, or one for each CPU, which it takes by itself."""

    workload = "dgemm"
    params = (("one", "per CPU"), ("pool", "shared"), WORKERS)
    param_names = ("blas_threads", "strategy", "workers")
    rounds = 1
    repeat = ONE_ROUND
    size = "S"

    def setup(self, blas_threads: str, strategy: str, workers: int) -> None:
        require(self.workload, strategy, workers)
        threads = {"one": 1, "per CPU": kernels.cpus()}[blas_threads]
        os.environ.update(dict.fromkeys(kernels.BLAS_VARIABLES, str(threads)))  # for processes that are still to start
        self.team = open_team(self.workload, strategy, workers, self.size)
