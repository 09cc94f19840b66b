"""``ray``: actors on an instance of Ray's on this host, or on a cluster that runs already, also on other hosts.

The problem goes to Ray's object store once, when the team opens, where the workers of a host see its arrays
without copying them; a task is two numbers. Array answers come back through the store. A process has one
instance, which its teams share, each with workers of its own, and which ends with the last of them. What is
defined in ``__main__`` goes to the workers by value.
"""

import contextlib
import importlib.util
import logging
import multiprocessing
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.loading import Portable
from kernels.contract.parts import answer_array, joiner, spans_of
from kernels.contract.workload import Answer, Independent, Problem, Run
from kernels.errors import WorkerDied
from kernels.workers.carried import carried, environment, files, received, require_picklable, solver
from kernels.workers.main_module import require_files, require_processes
from kernels.workers.process_group import TASKS_IN_HAND
from kernels.workers.replies import Guarded, opened
from kernels.workers.signals import defer_sigint
from kernels.workers.sockets import folder_for_sockets
from kernels.workers.tasks import START_SECONDS

HAS_WORKERS, TAKES_START_METHOD = True, False
CONNECT_SECONDS = 5


def missing() -> str | None:
    """Whether ray is not installed, and whether it can be."""
    if importlib.util.find_spec("ray") is not None:
        return None
    if sys.version_info >= (3, 15) or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return "ray has no wheels for Python 3.15 and for free-threaded ones"
    return "ray is not installed (pip install 'parallel-kernels[ray]')"


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Start workers on this process's instance of Ray's, put the problem in its store, and send spans of it."""
    require_processes()
    require_picklable(problem)
    require_files(files(workers))
    with _instance.used(workers), _placed(workload, problem, workers, cpus=0) as run:
        yield run


@contextlib.contextmanager
def connect(workload: Independent, problem: Problem, address: str) -> Iterator[tuple[int, Run]]:
    """The same on the cluster at `address`, with a worker for each of its CPUs; yields how many, too."""
    import ray

    require_picklable(problem)
    if ray.is_initialized():
        raise ValueError("this process has an instance of Ray's already, and can have but one: close its teams before")
    with contextlib.ExitStack() as end:
        try:
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), CONNECT_SECONDS).close()  # Ray would wait for minutes
            end.enter_context(_initialized(address))
        except (OSError, RuntimeError, ValueError) as error:
            told = str(error).partition("\n")[0]
            raise ValueError(
                f"connect must be the address of a cluster of Ray's, as host:6379, not {address!r}: {told}"
            ) from None
        workers = int(ray.cluster_resources().get("CPU", 0))
        if workers < 1:
            raise WorkerDied(f"the cluster of Ray's at {address} has no CPUs")
        with _placed(workload, problem, workers, cpus=1) as run:
            yield workers, run


@contextlib.contextmanager
def _placed(workload: Independent, problem: Problem, workers: int, cpus: int) -> Iterator[Run]:
    import ray

    out = answer_array(workload, problem)
    join = joiner(workload, out)
    portable, function = carried(workload), Guarded(solver(workload))
    make = ray.remote(num_cpus=cpus, max_restarts=0, scheduling_strategy="SPREAD")(_Worker)
    actors = []
    try:
        placed = ray.put((portable, problem))  # in this order, so that the problem's class can be found
        actors = [make.remote(placed, function) for _ in range(workers)]
        with _deaths():
            ray.get([actor.ready.remote() for actor in actors], timeout=START_SECONDS)

        def run() -> Answer:
            with _deaths():
                answers = _shared_out(actors, spans_of(workload, problem, workers))
            return join([received(opened(answer)) for answer in answers])

        yield run
    finally:
        for actor in actors:
            ray.kill(actor)


class _Worker:
    """An actor: a process that holds the problem, and solves spans of it."""

    def __init__(self, placed: tuple[Portable, Problem], function: Callable[..., Any]) -> None:
        self.portable, self.problem = placed
        self.function = function

    def ready(self) -> None:
        """Return once the problem is in place."""

    def solve(self, lo: int, hi: int) -> Any:
        return self.function(self.portable, self.portable.workload.part(self.problem, lo, hi))


def _shared_out(actors: list[Any], rows: list[tuple[int, int]]) -> list[Any]:
    """The answers for the spans, each solved by whichever actor is free."""
    import ray

    waiting = deque(enumerate(rows))
    answers: list[Any] = [None] * len(rows)
    busy: dict[Any, tuple[Any, int]] = {}

    def hand_to(actor: Any) -> None:
        if waiting:
            number, (lo, hi) = waiting.popleft()
            busy[actor.solve.remote(lo, hi)] = actor, number

    for actor in actors * TASKS_IN_HAND:
        hand_to(actor)
    while busy:
        for done in ray.wait(list(busy))[0]:
            actor, number = busy.pop(done)
            answers[number] = ray.get(done)
            hand_to(actor)
    return answers


@contextlib.contextmanager
def _deaths() -> Iterator[None]:
    """What Ray raises where a worker has ended, or the cluster, is a WorkerDied, in Ray's words."""
    from ray.exceptions import GetTimeoutError, ObjectLostError, RayActorError, RaySystemError

    try:
        yield
    except GetTimeoutError as error:
        raise WorkerDied(f"not all workers of Ray's started within {START_SECONDS} s") from error
    except (RayActorError, ObjectLostError, RaySystemError) as error:
        raise WorkerDied(f"a worker of Ray's ended: {error}") from error


class _Instance:
    """The one instance of Ray's in this process: started with the first team, and ended with the last.

    Where the caller has called ``ray.init``, it is the caller's, and left alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._end = contextlib.ExitStack()

    @contextlib.contextmanager
    def used(self, workers: int) -> Iterator[None]:
        """While the context lasts there is one."""
        import ray

        with self._lock:
            if not ray.is_initialized():
                self._end = self._started(workers)
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._end.close()

    def _started(self, workers: int) -> contextlib.ExitStack:
        with contextlib.ExitStack() as end:
            folder = tempfile.mkdtemp(prefix="ray-", dir=folder_for_sockets())
            end.callback(shutil.rmtree, folder, ignore_errors=True)
            with defer_sigint(multiprocessing.get_context("spawn")):
                end.enter_context(
                    _initialized(
                        "local",
                        num_cpus=workers,
                        include_dashboard=False,
                        _temp_dir=folder,
                        _node_ip_address="127.0.0.1",
                    )
                )
            return end.pop_all()
        raise AssertionError  # for mypy: no exception is swallowed above


_instance = _Instance()


@contextlib.contextmanager
def _initialized(address: str, **more: Any) -> Iterator[None]:
    """Between ``ray.init`` and ``ray.shutdown``, without the handler of signals and the words that come with it."""
    import ray

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with environment("RAY_", RAY_USAGE_STATS_ENABLED="0"):
            ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL, **more)
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                signal.signal(number, handler)
        yield
    finally:
        ray.shutdown()
