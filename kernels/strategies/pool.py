"""``multiprocessing.Pool``, started once: parts and answers travel as pickles.

While an answer larger than a pipe holds (64 KiB on Linux) is on its way, the Pool's thread that
looks after its workers is awake and goes round and round beside the one that reads, since it
waits for the same pipe: some milliseconds of the caller's CPU a run, which futures do not take.
"""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.context import BaseContext
from multiprocessing.pool import Pool
from typing import Any

from kernels.contract.coordination import WithPool
from kernels.contract.loading import Portable
from kernels.contract.parts import answer_array, joiner, parts
from kernels.contract.workload import Independent, Problem, Run, Workload
from kernels.errors import WorkerDied, died
from kernels.workers import worker

HAS_WORKERS = TAKES_START_METHOD = True
END_SECONDS = 1.0
POLL_SECONDS = 0.1  # how soon a dead worker is noticed; a result wakes the caller at once


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Send each part as a task, and copy the answers together."""
    with contextlib.closing(WatchedPool(workload, workers, context)) as pool:
        join = joiner(workload, answer_array(workload, problem))
        yield lambda: join(pool.map(worker.solve, parts(workload, problem, workers)))


@contextlib.contextmanager
def start_coordinated(workload: WithPool, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Run the workload's own version, which hands its tasks to the pool."""
    with contextlib.closing(WatchedPool(workload, workers, context)) as pool:
        yield lambda: workload.pool(problem, pool)


class _Pool(Pool):
    """Knows the workers that it was started with: in its own list it replaces the dead at once."""

    def _repopulate_pool(self) -> None:
        super()._repopulate_pool()  # type: ignore[misc]
        self.first = tuple(self._pool)  # type: ignore[attr-defined]


class WatchedPool:
    """A Pool that raises WorkerDied where ``multiprocessing.Pool`` would wait for ever (cpython issue 96062).

    Its methods are Pool's, with chunks of one task where nothing else is said.
    """

    def __init__(self, workload: Workload, workers: int, context: Any) -> None:
        self.workers = workers
        self._pool: Any = None
        try:
            with worker.interrupts_held(context):
                told = Portable(workload), context.Barrier(workers)
                self._pool = _Pool(workers, worker.adopt, told, context=context)
            self.map(worker.meet, range(workers))
        except BaseException:
            self.close()
            raise

    def map(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> list[Any]:
        """``[function(task) for task in tasks]``, once all are done."""
        result = self._pool.map_async(worker.Guarded(function), tasks, chunksize)
        while not result.ready():
            result.wait(POLL_SECONDS)
            if not result.ready():
                self._require_life()
        return [worker.opened(answer) for answer in result.get()]

    def imap(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """Answers in the order of the tasks, each as soon as it and those before it are there."""
        return self._watched(self._pool.imap(worker.Guarded(function), tasks, chunksize))

    def imap_unordered(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """Answers as they come."""
        return self._watched(self._pool.imap_unordered(worker.Guarded(function), tasks, chunksize))

    def _watched(self, answers: Any) -> Iterator[Any]:
        while True:
            try:
                answer = answers.next(POLL_SECONDS)
            except StopIteration:
                return
            except multiprocessing.TimeoutError:
                self._require_life()
            else:
                yield worker.opened(answer)

    def _require_life(self) -> None:
        for number, process in enumerate(self._pool.first, 1):
            if process.exitcode is not None:
                raise died(f"worker {number} of {self.workers}", [process.exitcode])
        if not self._pool._result_handler.is_alive():
            raise WorkerDied("the pool's thread that reads answers ended on one that cannot be rebuilt")

    def close(self) -> None:
        """End the pool's processes and threads, also when a worker was killed, or is just then.

        A worker that dies while it takes a task or sends an answer leaves the pool's pipes locked
        or half full, for which Pool.terminate waits for ever. So the steps of terminate are taken
        here, in an order in which nothing waits for the dead.
        """
        pool = self._pool
        if pool is None:
            return
        pool._terminate.cancel()  # what terminate and the interpreter's exit would call
        pool._state = "TERMINATE"
        pool._worker_handler._state = "TERMINATE"  # it starts no more workers
        pool._change_notifier.put(None)
        pool._worker_handler.join()
        for process in pool._pool:
            process.kill()
            process.join()
        # Whether these were free or a dead worker's, they are free after it. The second may also be held, for a
        # moment, by the thread that sends tasks; the first is held by whichever idle worker is next.
        for lock, seconds in ((pool._inqueue._rlock, 0), (pool._outqueue._wlock, POLL_SECONDS)):
            lock.acquire(timeout=seconds)
            lock.release()
        pool._inqueue._reader.close()  # for the thread that sends tasks: a broken pipe
        pool._result_handler._state = "TERMINATE"
        pool._outqueue._writer.send(None)  # for the thread that reads answers: the last one,
        pool._outqueue._writer.close()  # and where it is in the middle of one, their end
        pool._task_handler.join(END_SECONDS)  # under fork another team's workers may have inherited these ends,
        pool._result_handler.join(END_SECONDS)  # and such a thread then ends with them
        # The result of a task that was not sent has that thread's error, whose frames have this, and so the result.
        pool._cache.clear()
