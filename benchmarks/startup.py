"""Starting: what does it cost to open a team? Its problem is tiny, so that only the workers count."""

import functools
import multiprocessing
from typing import Any

import kernels

from .common import REPEAT, ROUNDS, WORKERS, hide_main, require, teardown  # noqa: F401 - for asv

WORKLOAD, SIZE = "polynomial", 64
START_METHODS = ("fork", "forkserver", "spawn")


@functools.cache
def warm_fork_server() -> None:
    """The first team of a process starts the server that later ones find running."""
    kernels.open(WORKLOAD, "pool", workers=1, size=SIZE, start_method="forkserver").close()


class Opening:
    """A team is opened in the benchmark; afterwards it must give the right answer, and is closed."""

    version = "1"
    rounds = ROUNDS
    repeat = REPEAT

    def open(self, strategy: str, workers: int, start_method: str | None = None) -> None:
        self.team = kernels.open(WORKLOAD, strategy, workers=workers, size=SIZE, start_method=start_method)

    def teardown(self, *_: object) -> None:
        if hasattr(self, "team"):
            with self.team as team:
                del self.team
                team.check(team.run())


def prepare(strategy: str, start_method: str, workers: int) -> None:
    """Skip what cannot be started here, and see to it that the fork server is warm."""
    require(WORKLOAD, strategy, workers)
    if start_method not in multiprocessing.get_all_start_methods():
        raise NotImplementedError(f"this operating system has no start method {start_method}")
    hide_main()
    if start_method == "forkserver":
        warm_fork_server()


class Processes(Opening):
    params = (("pool", "shared", "futures"), START_METHODS, WORKERS)
    param_names = ("strategy", "start_method", "workers")

    def setup(self, strategy: str, start_method: str, workers: int) -> None:
        prepare(strategy, start_method, workers)

    def time_open(self, strategy: str, start_method: str, workers: int) -> None:
        self.open(strategy, workers, start_method)


class BarePool:
    """A ``multiprocessing.Pool`` of the standard library, up to its first answers: the least that `pool` can cost."""

    params = (START_METHODS, WORKERS)
    param_names = ("start_method", "workers")
    version = "1"
    rounds = Opening.rounds
    repeat = Opening.repeat

    def setup(self, start_method: str, workers: int) -> None:
        prepare("pool", start_method, workers)
        self.context: Any = multiprocessing.get_context(start_method)

    def time_open(self, start_method: str, workers: int) -> None:
        self.pool = self.context.Pool(workers)
        self.answers = self.pool.map(abs, range(workers), chunksize=1)

    def teardown(self, start_method: str, workers: int) -> None:
        if hasattr(self, "pool"):
            with self.pool as pool:
                del self.pool
                if self.answers != list(range(workers)):
                    raise kernels.WrongAnswer("the answers are not the tasks' absolute values")
            pool.join()


class Threads(Opening):
    params = (WORKERS,)
    param_names = ("workers",)

    def setup(self, workers: int) -> None:
        require(WORKLOAD, "threaded", workers)

    def time_open(self, workers: int) -> None:
        self.open("threaded", workers)


class Ranks(Opening):
    """MPI's, with an mpiexec of their own."""

    params = (WORKERS,)
    param_names = ("workers",)

    def setup(self, workers: int) -> None:
        require(WORKLOAD, "mpi", workers)
        hide_main()

    def time_open(self, workers: int) -> None:
        self.open("mpi", workers)
