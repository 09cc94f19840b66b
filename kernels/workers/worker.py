"""What runs in worker processes, whichever strategy started them."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.pool import ExceptionWithTraceback  # type: ignore[attr-defined]
from multiprocessing.reduction import ForkingPickler
from threading import BrokenBarrierError
from typing import Any

from kernels.contract.loading import Portable
from kernels.contract.workload import Answer, Problem
from kernels.workers import sockets

_workload: Any = None
_barrier: Any = None

START_SECONDS = 60  # more than any start takes: only a worker that died leaves the others waiting


def ignore_interrupt() -> None:
    """Leave Ctrl-C, which a terminal sends to workers too, to the parent: it ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def interrupts_held(context: Any) -> Iterator[None]:
    """Hold Ctrl-C back while processes or semaphores are made: it comes when the block ends.

    A process of which the caller does not know yet could not be ended, and a semaphore has a
    moment in which it is there and nobody will ever remove it. Processes inherit what is blocked,
    and let go of it when they ignore Ctrl-C: one that is still importing would otherwise print a
    traceback. Blocking is not enough here, where another thread may be given the signal. What
    serves all processes is started before: a fork server would hold Ctrl-C back from whatever it
    starts, and the resource tracker's start lets it through.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where neither is a matter
        yield
        return
    resource_tracker.ensure_running()
    if context.get_start_method() == "forkserver":
        sockets.settle()
        forkserver.ensure_running()
    handler: Any = signal.getsignal(signal.SIGINT)
    came: list[tuple[Any, Any]] = []
    ours = callable(handler) and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, lambda *what: came.append(what))
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if ours:
            signal.signal(signal.SIGINT, handler)
            for what in came[:1]:
                handler(*what)


def adopt(portable: Portable, barrier: Any) -> None:
    """A pool's initializer: keep the workload here, so that tasks carry parts alone."""
    global _workload, _barrier
    ignore_interrupt()
    _workload, _barrier = portable.workload, barrier


def meet(_: int) -> None:
    """Wait for the other workers: of as many calls as workers, each worker then gets one."""
    try:
        _barrier.wait(START_SECONDS)
    except BrokenBarrierError:
        raise RuntimeError(f"the workers did not all start within {START_SECONDS} s") from None


def solve(part: Problem) -> Answer:
    """A task of a pool: solve one part of the adopted workload's problem."""
    return _workload.solve(part)


def pickled(what: Any) -> bytes:
    """It as multiprocessing sends it.

    Bytes, not multiprocessing's view of its buffer: where an error's traceback keeps the view until
    garbage is collected, Python 3.14 and newer complain of that.
    """
    return bytes(ForkingPickler.dumps(what))


def packed(index: int, answer: Any, error: Exception | None) -> bytes:
    """A reply as bytes: what a task answered or raised, with the worker's traceback.

    Where either cannot be pickled, the reply is a TypeError that names its type.
    """
    traced = error and ExceptionWithTraceback(error, error.__traceback__)
    try:
        message = pickled((index, answer, traced))
        if error is not None:
            ForkingPickler.loads(message)  # some exceptions cannot be rebuilt
    except Exception as unpicklable:
        what = (
            f"the answer, of type {type(answer).__name__}," if error is None else f"what the kernel raised, {error!r},"
        )
        told = TypeError(f"{what} cannot be sent back from the worker: {unpicklable}")
        message = pickled((index, None, told))
    return message


def unpacked(message: bytes) -> tuple[int, Any, Exception | None]:
    """The reply's index, answer and error."""
    reply: tuple[int, Any, Exception | None] = ForkingPickler.loads(message)
    return reply


@dataclass(frozen=True)
class Guarded:
    """A task's function that returns what it raises, packed.

    Pools send exceptions as pickles of their own making: one that cannot be pickled ends the
    worker or hides what happened, and one that cannot be rebuilt ends the thread that reads answers.
    """

    function: Callable[..., Any]

    def __call__(self, *task: Any) -> Any:
        try:
            return self.function(*task)
        except Exception as error:
            return Raised(packed(0, None, error))


@dataclass(frozen=True)
class Raised:
    """What a task raised, on its way back."""

    message: bytes


def opened(answer: Any) -> Any:
    """The answer of a guarded task; what it raised is raised here."""
    if isinstance(answer, Raised):
        _, _, error = unpacked(answer.message)
        raise error or RuntimeError("a task raised nothing")
    return answer
