"""All that this package uses of the standard library without its documentation's promise, in one place.

A new Python is looked through here first. It was checked on CPython 3.10 to 3.15; the docstrings say
what each is for, and ``tests/test_stdlib.py`` fails on a Python where a name is not there any more.
"""

import contextlib
import functools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import process, resource_tracker, spawn, util
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.pool import ExceptionWithTraceback, Pool  # type: ignore[attr-defined]
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from threading import Lock, Thread
from time import sleep
from typing import Any, NamedTuple

POLL_SECONDS = 0.1
MOMENT_SECONDS = 0.5  # longer than a thread that runs has a lock for
NOT_YET_SECONDS = 0.001  # the end of a process is seen a moment before its exit code is there

# Starting processes.


def start_helpers(start_method: str) -> None:
    """Start the processes that multiprocessing starts once, and which serve all others.

    Without it they start with the first worker, and inherit that Ctrl-C is blocked for the moment.
    """
    resource_tracker.ensure_running()
    if start_method == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


def choose_temporary_folder() -> None:
    """Have multiprocessing choose the folder of its sockets, which it does once and by `tempfile.tempdir`.

    Without it the fork server does not start where the path of TMPDIR is long.
    """
    util.get_temp_dir()


def preload(found: BaseContext, modules: list[str]) -> None:
    """Have the fork server import modules once, for all workers, unless the caller has chosen some.

    Without it each worker imports NumPy anew, and starting takes longer by that.
    """
    from multiprocessing import forkserver

    server: Any = forkserver._forkserver
    if server._preload_modules == ["__main__"]:  # the default
        found.set_forkserver_preload(modules)


def guard_exit_code(process: Any) -> None:
    """Let one thread at a time ask how a process that was started has ended.

    Without it, of two that ask at the same moment one is told nothing, or for ever 255 by the fork server, which
    tells it once. Whatever thread starts a process asks that of all others, as do a pool's and an executor's own.
    """
    popen = process._popen
    if sys.platform != "win32" and popen is not None and not hasattr(popen, "asking"):  # Windows tells it to all
        kind: Any = type(popen)
        popen.asking = Lock()
        popen.__class__ = _asked_by_one_at_a_time(kind)


@functools.cache
def _asked_by_one_at_a_time(popen: Any) -> Any:
    """Such a class of multiprocessing's with a lock around what it asks."""

    def poll(self: Any, flag: int = os.WNOHANG) -> int | None:
        pause = 0.0
        while True:
            with self.asking:
                code: int | None = popen.poll(self, os.WNOHANG)
            if code is not None or flag == os.WNOHANG:
                return code
            sleep(pause)
            pause = NOT_YET_SECONDS if wait([self.sentinel], POLL_SECONDS) else 0.0

    return type(popen.__name__, (popen,), {"poll": poll})


def is_importing_main() -> bool:
    """Whether this process is a worker that is just importing its parent's main module.

    Without it a script without an ``if __name__ == "__main__":`` guard ends in multiprocessing's
    own traceback, once for each worker.
    """
    return bool(getattr(process.current_process(), "_inheriting", False))


def preparation_data(name: str) -> dict[str, Any]:
    """What a spawned process is told of this one: its path, its folder, its main module.

    Without it a workload in the main module, or beside it, is not found by MPI's ranks.
    """
    data: dict[str, Any] = spawn.get_preparation_data(name)
    for key in ("authkey", "start_method"):  # of multiprocessing's own children
        data.pop(key, None)
    return data


def prepare(data: dict[str, Any]) -> None:
    """Be to the process that made this data what a spawned one would be."""
    current: Any = process.current_process()
    current._inheriting = True
    try:
        spawn.prepare(data)
    finally:
        del current._inheriting


def interpreter_flags() -> list[str]:
    """The options that this Python was started with, such as ``-X dev``; without it MPI's ranks have none."""
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return flags


# The end of the program.


def call_at_end(function: Callable[[], None]) -> None:
    """Call it as the main thread ends, before Python waits for other threads and calls what `atexit` has.

    Without it what is open is closed after multiprocessing and joblib have ended what it is made of, or among Python's
    last moments, in which it has no modules, and a thread that is started is waited for for ever.
    """
    threading._register_atexit(function)  # type: ignore[attr-defined]


# Messages.


def pickled(what: Any) -> bytes:
    """An object as multiprocessing sends it.

    Bytes, not multiprocessing's view of its buffer: where an error's traceback keeps the view until
    garbage is collected, Python 3.14 and newer complain of that.
    """
    return bytes(ForkingPickler.dumps(what))


def unpickled(message: bytes) -> Any:
    """The object that `pickled` was given."""
    return ForkingPickler.loads(message)


def with_traceback(error: Exception) -> Any:
    """What unpickles as the error, with its traceback as its cause; else tracebacks are lost in pickles."""
    return ExceptionWithTraceback(error, error.__traceback__)


def close_reader(queue: Any) -> None:
    """Close this process's end for reading: with the last one, whoever writes gets an error.

    Without it, and `close_writer`, nothing ends the wait at a queue of which the other side was killed.
    """
    _close_once(queue._reader)


def close_writer(queue: Any) -> None:
    """Close this process's end for writing: with the last one, whoever reads gets EOFError."""
    _close_once(queue._writer)


def ignore_broken_pipe(queue: Any) -> None:
    """Let the thread that fills a queue end without a word where nobody reads it any more."""
    queue._ignore_epipe = True


def free_lock(condition: Any) -> None:
    """Free the lock of a condition, or of an event's, whether it was free already or a dead worker's.

    A thread of this process that has it for a moment gives it back itself: a lock that was freed under it would then
    be nobody's while another thread has it.
    """
    with _freed(getattr(condition, "_cond", condition)._lock, MOMENT_SECONDS):
        pass


@contextlib.contextmanager
def _freed(lock: Any, seconds: float) -> Iterator[None]:
    """Hold a lock that may be a dead worker's, for which it is not waited longer; it is free after the block.

    On Windows the lock for writing is None.
    """
    if lock is not None:
        lock.acquire(timeout=seconds)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _close_once(connection: Any) -> None:
    """Close it, so that another thread that closes it at the same time does not close the same file again."""
    twin = object.__new__(type(connection))
    vars(twin).update(vars(connection))
    connection._handle = None
    twin.close()


# ``multiprocessing.Pool``. Without these a worker that is killed has the caller wait for ever (cpython issue 96062).


class TrackedPool(Pool):
    """A Pool that knows the workers that it was started with: in its own list it replaces the dead at once."""

    started_with: Sequence[BaseProcess] = ()

    def _repopulate_pool(self) -> None:
        super()._repopulate_pool()  # type: ignore[misc]
        self.started_with = tuple(self._pool)  # type: ignore[attr-defined]
        for worker in self.started_with:
            guard_exit_code(worker)

    def _get_sentinels(self) -> list[Any]:
        """What the thread that looks after the workers waits for, beside their ends: not for answers.

        A Pool's own also wakes up when there is one. Until the thread that reads answers has it, it does so again and
        again, and keeps the GIL from that thread: tasks of microseconds take up to thirty times as long, and in one
        process ten times as long as in the next (``python -m tools.pool_thread``).
        """
        return [self._change_notifier._reader]  # type: ignore[attr-defined]

    def reads_answers(self) -> bool:
        """Whether the thread that reads answers is alive; it ends on one that cannot be rebuilt."""
        return bool(self._result_handler.is_alive())  # type: ignore[attr-defined]

    def end(self, lock_seconds: float, thread_seconds: float) -> None:
        """End the processes and threads, also when a worker was killed, or is just then.

        A worker that dies while it takes a task or sends an answer leaves the pool's pipes locked or
        half full, for which `terminate` waits for ever. So the steps of `terminate` are taken here,
        in an order in which nothing waits for the dead.
        """
        pool: Any = self
        pool._terminate.cancel()  # what terminate and the interpreter's exit would call
        pool._state = "TERMINATE"
        pool._worker_handler._state = "TERMINATE"  # it starts no more workers
        pool._change_notifier.put(None)
        pool._worker_handler.join()
        for worker in pool._pool:
            worker.kill()
            worker.join()
        with _freed(pool._inqueue._rlock, 0):  # of an idle worker, whichever is next
            close_reader(pool._inqueue)  # for the thread that sends tasks: a broken pipe
        pool._result_handler._state = "TERMINATE"
        # Of a worker that was sending its answer, or for a moment of the thread that sends tasks, which then says that
        # there are no more: what it writes to may not be closed meanwhile.
        with _freed(pool._outqueue._wlock, lock_seconds):
            pool._outqueue._writer.send(None)  # for the thread that reads answers: the last one,
            close_writer(pool._outqueue)  # and where it is in the middle of one, their end
        pool._task_handler.join(thread_seconds)  # under fork another team's workers may have inherited these ends,
        pool._result_handler.join(thread_seconds)  # and such a thread then ends with them
        # The result of a task that was not sent has that thread's error, whose frames have this, and so the result.
        pool._cache.clear()


# ``concurrent.futures.ProcessPoolExecutor``, and loky's, which was made after it. Without these a worker that is
# killed in the middle of an answer has the executor wait for ever.


class ExecutorParts(NamedTuple):
    """What an executor is made of, which `shutdown` forgets at its end."""

    manager: Thread
    calls: Any
    results: Any
    processes: list[BaseProcess]


def executor_processes(executor: Any) -> list[BaseProcess]:
    """The executor's workers: none before the first task, nor after `shutdown`."""
    return list((executor._processes or {}).values())


def kill(process: BaseProcess) -> None:
    """Kill a worker of an executor, loky's among them, whose processes have no `kill` but on Windows."""
    try:
        process.kill()
    except AttributeError:
        if process.exitcode is None and process.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)


def executor_parts(executor: Any) -> ExecutorParts | None:
    """The thread that reads answers and notices deaths, its queues of calls and results, and the workers.

    None before the first task and after `shutdown`.
    """
    manager, calls, results = executor._executor_manager_thread, executor._call_queue, executor._result_queue
    processes = executor_processes(executor)
    return None if manager is None or calls is None else ExecutorParts(manager, calls, results, processes)
