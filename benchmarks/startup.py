"""Starting: what does it cost to open a team? Its problem is tiny, so that only the workers count."""

import functools
import multiprocessing

import kernels

from .common import REPEAT, ROUNDS, WORKERS, hide_main, require

WORKLOAD, SIZE = "polynomial", 64


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
            self.team.check(self.team.run())
            self.team.close()
            del self.team


class Processes(Opening):
    params = (("pool", "shared", "futures"), ("fork", "forkserver", "spawn"), WORKERS)
    param_names = ("strategy", "start_method", "workers")

    def setup(self, strategy: str, start_method: str, workers: int) -> None:
        require(WORKLOAD, strategy, workers)
        if start_method not in multiprocessing.get_all_start_methods():
            raise NotImplementedError(f"this operating system has no start method {start_method}")
        hide_main()
        if start_method == "forkserver":
            warm_fork_server()

    def time_open(self, strategy: str, start_method: str, workers: int) -> None:
        self.open(strategy, workers, start_method)


class Threads(Opening):
    params = (WORKERS,)
    param_names = ("workers",)

    def setup(self, workers: int) -> None:
        require(WORKLOAD, "threaded", workers)

    def time_open(self, workers: int) -> None:
        self.open("threaded", workers)
