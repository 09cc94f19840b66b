"""What workloads use whose coordination is their subject: state that is shared, and its locks.

Such a workload has no parts. It writes its versions out as functions named after the strategies:
``serial(problem)``, ``threaded(problem, together)``, ``shared(problem, together)``,
``pool(problem, pool)``. The state of `threaded` and `shared` is made once, when the team opens, by
the workload's ``state(problem, workers, make)``: a dict of what `make` (:class:`ThreadTools` or
:class:`ProcessTools`) makes. `together` then calls a function on every worker, with a
:class:`Member` that says who it is and gives it that state.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from types import SimpleNamespace
from typing import Any, Protocol

from kernels.contract.workload import Portable, Problem, share
from kernels.workers.group import Crew, cause
from kernels.workers.worker import interrupts_held


@dataclass(frozen=True)
class Member:
    """One of the workers, as a coordinated function sees it: the first is rank 0."""

    rank: int
    workers: int
    problem: Problem
    state: SimpleNamespace

    def share(self, items: int) -> range:
        """One worker's consecutive share of ``range(items)``."""
        return share(items, self.rank, self.workers)


class Together(Protocol):
    """Workers that act together; `state` is their shared state, as the caller sees it."""

    workers: int
    state: SimpleNamespace

    def everyone(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """``function(member, *args)`` on every worker at the same time; the answers by rank.

        What one of them raises is raised here. Barriers are broken then, so that the others
        do not wait for it; one that would wait for it in another way has to see to that itself.
        """


class ThreadTools:
    """Makes shared state for threads."""

    def array(self, shape: tuple[int, ...], dtype: Any) -> Any:
        import numpy as np

        return np.zeros(shape, dtype)

    def value(self) -> "Value":
        """A whole number, 0 to start with, with its lock: like ``mp.Value("q")``."""
        return Value()

    def lock(self) -> Any:
        return threading.Lock()

    def barrier(self, parties: int) -> Any:
        return threading.Barrier(parties)

    def queue(self, size: int) -> Any:
        """A queue that blocks whoever puts into it while it holds `size` items."""
        return queue.Queue(size)


class Value:
    """What ``mp.Value("q")`` is to processes, for threads."""

    def __init__(self) -> None:
        self.value = 0
        self._lock = threading.RLock()

    def get_lock(self) -> Any:
        return self._lock


class ProcessTools:
    """Makes shared state for processes; it reaches them as they are started."""

    def __init__(self, context: BaseContext) -> None:
        self._context = context

    def array(self, shape: tuple[int, ...], dtype: Any) -> Any:
        from kernels.workers.sharing import SharedArray

        return SharedArray(self._context, shape, dtype)

    def value(self) -> Any:
        return self._context.Value("q", 0)

    def lock(self) -> Any:
        return self._context.Lock()

    def barrier(self, parties: int) -> Any:
        return self._context.Barrier(parties)

    def queue(self, size: int) -> Any:
        return self._context.Queue(size)


@contextlib.contextmanager
def threads(workload: Any, problem: Problem, workers: int) -> Iterator[Together]:
    """Threads that act together on the problem, until the context is left."""
    state = SimpleNamespace(**workload.state(problem, workers, ThreadTools()))
    with started_threads(workers) as executor:
        yield _Threads(executor, workers, problem, state)


@contextlib.contextmanager
def started_threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """An executor whose threads are all there already."""
    executor = ThreadPoolExecutor(workers)
    barrier = threading.Barrier(workers + 1)
    try:
        for _ in range(workers):
            executor.submit(barrier.wait)  # the executor starts a thread for each, since none is idle
        barrier.wait()
        yield executor
    finally:
        barrier.abort()  # where not all could be started, the others still wait
        executor.shutdown(cancel_futures=True)


class _Threads:
    def __init__(self, executor: ThreadPoolExecutor, workers: int, problem: Problem, state: SimpleNamespace) -> None:
        self._executor, self._problem = executor, problem
        self.workers, self.state = workers, state

    def everyone(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        _mend_barriers(self.state)
        futures: list[Future[Any]] = []
        try:
            for rank in range(self.workers):
                member = Member(rank, self.workers, self._problem, self.state)
                futures.append(self._executor.submit(_act, member, function, args))
            wait(futures)
        except BaseException:  # Ctrl-C: those that run must not wait for those that never will
            _break_barriers(self.state)
            raise
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise cause(errors)
        return [future.result() for future in futures]


@contextlib.contextmanager
def processes(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Together]:
    """Processes that act together on the problem, its arrays shared, until the context is left."""
    from kernels.workers.sharing import SharedProblem

    with interrupts_held(context):
        state = workload.state(problem, workers, ProcessTools(context))
    shared = SharedProblem.of(problem, context)
    crew = Crew(context, workers, _join, workers, Portable(workload), shared, state)
    with contextlib.closing(crew):
        yield _Processes(crew, workers, _views(state))


class _Processes:
    def __init__(self, crew: Crew, workers: int, state: SimpleNamespace) -> None:
        self._crew = crew
        self.workers, self.state = workers, state

    def everyone(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        _mend_barriers(self.state)
        return self._crew.everyone(_act, function, args)


def _join(rank: int, workers: int, portable: Portable, problem: Any, state: dict[str, Any]) -> Member:
    """Set a worker process up: what it holds is its Member."""
    return Member(rank, workers, problem.view(), _views(state))


def _views(state: dict[str, Any]) -> SimpleNamespace:
    """The state with its shared arrays as arrays."""
    return SimpleNamespace(**{name: value.view() if hasattr(value, "view") else value for name, value in state.items()})


def _act(member: Member, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call the function in a worker. Where it fails, nobody waits at a barrier for this worker.

    The worker itself breaks the barriers, and not the caller: while a process that was killed is
    among those that wait, breaking one takes for ever.
    """
    try:
        return function(member, *args)
    except BaseException:
        _break_barriers(member.state)
        raise


def _barriers(state: SimpleNamespace) -> list[threading.Barrier]:
    return [value for value in vars(state).values() if isinstance(value, threading.Barrier)]


def _break_barriers(state: SimpleNamespace) -> None:
    for barrier in _barriers(state):
        barrier.abort()


def _mend_barriers(state: SimpleNamespace) -> None:
    """Make whole again what a failed call has broken; nobody waits at a barrier between two calls."""
    for barrier in _barriers(state):
        if barrier.broken:
            barrier.reset()
