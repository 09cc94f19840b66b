"""Signals: what a worker does at one, and Ctrl-C while workers start: nothing that was started may be forgotten."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.workers import sockets, stdlib


def settle_in_worker() -> None:
    """In a worker: leave Ctrl-C, which a terminal sends to workers too, to the parent, which ends its workers.

    All other signals have their default effect, but those that the parent ignores. A forked worker would else run the
    parent's handlers: SIGTERM would not end it, but do there what the parent does at its own end, or raise in the
    middle of a barrier, at which the others then wait for ever.
    """
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def defer_sigint(context: BaseContext) -> Iterator[None]:
    """Defer Ctrl-C to the end of the block, in which processes or semaphores are made.

    Ctrl-C in the middle would leave behind a process that the caller does not know of yet, and cannot
    end, or a semaphore that nobody will ever remove.

    The signal is blocked, which processes that are started meanwhile inherit: one that is still
    importing its modules would otherwise print a traceback. `settle_in_worker` unblocks it there. In this
    process the signal may reach another thread, so that its handler is replaced too, where that
    is possible: in the main thread.

    The processes that serve all others are started before: a fork server would pass the blocked signal
    on to every process that it ever starts, and the resource tracker's start unblocks it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, which has neither problem
        yield
        return
    method = context.get_start_method() or ""
    if method == "forkserver":
        sockets.settle()
    stdlib.start_helpers(method)
    handler: Any = signal.getsignal(signal.SIGINT)
    deferred: list[tuple[Any, Any]] = []
    replaced = callable(handler) and threading.current_thread() is threading.main_thread()
    if replaced:
        signal.signal(signal.SIGINT, lambda *arguments: deferred.append(arguments))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if replaced:
            signal.signal(signal.SIGINT, handler)
            for arguments in deferred[:1]:
                handler(*arguments)
