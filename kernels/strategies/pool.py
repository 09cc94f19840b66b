"""``multiprocessing.Pool``, started once: parts and answers travel as pickles."""

import contextlib
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from multiprocessing.pool import AsyncResult
from typing import Any

from kernels import worker
from kernels.errors import WorkerDied
from kernels.workload import Answer, Portable, Problem, join, room, spans

HAS_WORKERS = TAKES_START_METHOD = True
POLL_SECONDS = 0.1  # how soon a dead worker is noticed; a result wakes the caller at once


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    out = room(workload, problem)
    pool: Any = context.Pool(workers, worker.adopt, (Portable(workload), context.Barrier(workers)))
    processes = list(pool._pool)  # the pool replaces the dead in its own list

    def run() -> Answer:
        parts = [workload.part(problem, lo, hi) for lo, hi in spans(len(problem), workers)]
        return join(workload, _get(pool.map_async(worker.solve, parts, chunksize=1), processes), out)

    try:
        _get(pool.map_async(worker.meet, range(workers), chunksize=1), processes)
        yield run
    finally:
        _end(pool, processes)


def _get(result: AsyncResult, processes: list[Any]) -> Any:
    """The result's value, or WorkerDied where the pool alone would wait for ever (cpython issue 96062)."""
    while not result.ready():
        result.wait(POLL_SECONDS)
        for number, process in enumerate(processes, 1):
            if process.exitcode is not None and not result.ready():
                raise WorkerDied(f"worker {number} of {len(processes)} ended with exit code {process.exitcode}")
    return result.get()


def _end(pool: Any, processes: list[Any]) -> None:
    """End the pool's processes and threads, also after a worker was killed.

    A worker that dies while it takes a task or sends an answer leaves the pool's pipes locked or
    half full, for which Pool.terminate would wait for ever. So the steps of terminate are taken
    here in an order in which nothing waits for the dead.
    """
    if all(process.exitcode is None for process in processes):
        pool.terminate()
        pool.join()
        return
    pool._terminate.cancel()  # what terminate and exit would call
    pool._state = "TERMINATE"
    pool._worker_handler._state = "TERMINATE"  # it starts no more workers
    pool._change_notifier.put(None)
    pool._worker_handler.join()
    for process in pool._pool:
        process.kill()
        process.join()
    for lock in (pool._inqueue._rlock, pool._outqueue._wlock):
        lock.acquire(block=False)  # free it, whoever held it
        lock.release()
    pool._inqueue._reader.close()  # the thread that sends tasks: a broken pipe
    pool._outqueue._writer.close()  # the thread that reads answers: their end
    pool._task_handler.join()
    pool._result_handler.join()
