"""Threads and processes that act together on one problem, with shared state: see ``contract/coordination.py``."""

import contextlib
import ctypes
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from types import SimpleNamespace
from typing import Any

from kernels.contract.coordination import Flag, Member, Together, WithState
from kernels.contract.loading import Portable
from kernels.contract.workload import Problem
from kernels.workers.process_group import ProcessGroup, cause
from kernels.workers.signals import defer_sigint


class ThreadTools:
    """Makes shared state for threads."""

    def array(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array of zeros."""
        import numpy as np

        return np.zeros(shape, dtype)

    def value(self) -> "ThreadValue":
        """A whole number, 0 to start with, with its lock."""
        return ThreadValue()

    def lock(self) -> Any:
        """A lock of ``threading``."""
        return threading.Lock()

    def barrier(self, parties: int) -> threading.Barrier:
        """A barrier of ``threading``."""
        return threading.Barrier(parties)

    def queue(self, size: int) -> Any:
        """A queue that holds at most `size` items, or any number where that is 0."""
        return queue.Queue(size)


class ThreadValue:
    """What ``mp.Value("q")`` is to processes, for threads."""

    def __init__(self) -> None:
        self.value = 0
        self._lock = threading.RLock()

    def get_lock(self) -> Any:
        """The lock to hold while the number is changed."""
        return self._lock


class ProcessTools:
    """Makes shared state for processes; it reaches them through the arguments that start them."""

    def __init__(self, context: BaseContext) -> None:
        self._context = context

    def array(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array of zeros in shared memory."""
        from kernels.workers.sharing import SharedArray

        return SharedArray(self._context, shape, dtype)

    def value(self) -> Any:
        """A whole number in shared memory, 0 to start with, with its lock."""
        return self._context.Value("q", 0)

    def lock(self) -> Any:
        """A lock of ``multiprocessing``."""
        return self._context.Lock()

    def barrier(self, parties: int) -> threading.Barrier:
        """A barrier of ``multiprocessing``."""
        return self._context.Barrier(parties)

    def queue(self, size: int) -> Any:
        """A queue through a pipe that holds at most `size` items, or any number where that is 0."""
        return self._context.Queue(size)


@contextlib.contextmanager
def threads(workload: WithState, problem: Problem, workers: int) -> Iterator[Together]:
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
        self._stop = SimpleNamespace(value=False)
        self.workers, self.state = workers, state

    def everyone(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        _forget_failure(self.state, self._stop)
        futures: list[Future[Any]] = []
        try:
            for rank in range(self.workers):
                member = Member(rank, self.workers, self._problem, self.state, self._stop)
                futures.append(self._executor.submit(_act, member, function, args))
            wait(futures)
        except BaseException:  # Ctrl-C ends processes, but threads have to be told
            self._stop.value = True
            _break_barriers(self.state)
            raise
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise cause(errors)
        return [future.result() for future in futures]


@contextlib.contextmanager
def processes(workload: WithState, problem: Problem, workers: int, context: BaseContext) -> Iterator[Together]:
    """Processes that act together on the problem, its arrays shared, until the context is left."""
    from kernels.workers.sharing import SharedProblem

    with defer_sigint(context):
        state = workload.state(problem, workers, ProcessTools(context))
    stop = context.RawValue(ctypes.c_bool)
    shared = _Shared(workers, SharedProblem.of(problem, context), state, stop)
    with contextlib.closing(ProcessGroup(context, workers, _join, Portable(workload), shared)) as group:
        yield _Processes(group, workers, _views(state), stop)


class _Processes:
    def __init__(self, group: ProcessGroup, workers: int, state: SimpleNamespace, stop: Flag) -> None:
        self._group, self._stop = group, stop
        self.workers, self.state = workers, state

    def everyone(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        _forget_failure(self.state, self._stop)
        return self._group.everyone(_act, function, args)


@dataclass(frozen=True)
class _Shared:
    """What every worker process is sent as it starts."""

    workers: int
    problem: Any
    state: dict[str, Any]
    stop: Flag


def _join(rank: int, portable: Portable, shared: _Shared) -> Member:
    """Set a worker process up: what it holds is its Member."""
    return Member(rank, shared.workers, shared.problem.view(), _views(shared.state), shared.stop)


def _views(state: dict[str, Any]) -> SimpleNamespace:
    """The state with its shared arrays as arrays."""
    from kernels.workers.sharing import SharedArray

    views = {name: value.view() if isinstance(value, SharedArray) else value for name, value in state.items()}
    return SimpleNamespace(**views)


def _act(member: Member, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call the function in a worker. Where it fails, nobody waits for this worker at a barrier.

    The worker itself breaks the barriers, and not the caller: while a process that was killed is
    among those that wait, breaking one takes for ever.
    """
    try:
        return function(member, *args)
    except BaseException:
        member.stop()
        _break_barriers(member.state)
        raise


def _barriers(state: SimpleNamespace) -> list[threading.Barrier]:
    return [value for value in vars(state).values() if isinstance(value, threading.Barrier)]


def _break_barriers(state: SimpleNamespace) -> None:
    for barrier in _barriers(state):
        barrier.abort()


def _forget_failure(state: SimpleNamespace, stop: Flag) -> None:
    """Before a call: undo what a failed one has left. Nobody waits at a barrier between two calls."""
    stop.value = False
    for barrier in _barriers(state):
        if barrier.broken:
            barrier.reset()
