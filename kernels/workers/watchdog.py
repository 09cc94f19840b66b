"""A watchdog for executors, which do not notice every death of a worker by themselves.

A worker that is killed in the middle of sending an answer leaves half a message in the pipe. The thread
that reads it, which is also the one that looks for deaths, then waits for ever for the rest: in
``concurrent.futures.ProcessPoolExecutor``, and in joblib's loky, which was made after it. Before
Python 3.11.5 that thread also waits for ever for a large task that nobody will read any more
(cpython issue 94777).
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from kernels.workers.stdlib import close_reader, close_writer, executor_parts, kill

POLL_SECONDS = 0.1
GRACE_SECONDS = 0.4  # in which an executor mostly notices by itself


@contextlib.contextmanager
def watched(current: Callable[[], Any]) -> Iterator[None]:
    """Watch the executor that `current` returns, as long as the context lasts: a death breaks it within half a second.

    It may be another one later, where joblib replaces one that is broken, or None.
    """
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(current, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _ended(processes: Sequence[BaseProcess]) -> bool:
    """Whether one of them ends within the time of a poll."""
    try:
        return bool(wait([process.sentinel for process in processes], POLL_SECONDS))
    except (KeyError, OSError, ValueError):  # the executor has just ended one, and closed its sentinel
        return False


def _watch(current: Callable[[], Any], over: threading.Event) -> None:
    broken = None
    while not over.is_set():
        executor = current()
        parts = None if executor is None or executor is broken else executor_parts(executor)
        if parts is None:
            over.wait(POLL_SECONDS)
        elif _ended(parts.processes):
            # As long as its thread lives, nobody else closes its pipes: shutdown waits for the thread.
            parts.manager.join(GRACE_SECONDS)
            if parts.manager.is_alive():
                for process in parts.processes:
                    kill(process)
                close_writer(parts.results)  # the last one: what is read comes to its end
                parts.manager.join(GRACE_SECONDS)
            if parts.manager.is_alive():
                close_reader(parts.calls)  # the last one: what is written has no reader, and fails
            broken = executor
