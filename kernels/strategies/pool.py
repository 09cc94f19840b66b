"""``multiprocessing.Pool``, started once: parts and answers travel as pickles.

A Pool has a thread that looks after its workers, and wakes up for every answer, which another thread reads. Until
that one has it, it goes round without pause, which makes many small tasks several times slower, and by another factor
in every process. The one here sleeps (see `TrackedPool`); executors do not have it.
"""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.coordination import WithPool
from kernels.contract.loading import Portable
from kernels.contract.parts import answer_array, joiner, parts
from kernels.contract.workload import Independent, Problem, Run, Workload
from kernels.errors import WorkerDied, died
from kernels.workers import tasks
from kernels.workers.replies import Guarded, opened
from kernels.workers.signals import defer_sigint
from kernels.workers.stdlib import TrackedPool

HAS_WORKERS = TAKES_START_METHOD = True
END_SECONDS = 1.0
POLL_SECONDS = 0.1  # how soon a dead worker is noticed; a result wakes the caller at once


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Send each part as a task, and copy the answers together."""
    with contextlib.closing(WatchedPool(workload, workers, context)) as pool:
        join = joiner(workload, answer_array(workload, problem))
        yield lambda: join(pool.map(tasks.solve, parts(workload, problem, workers)))


@contextlib.contextmanager
def start_coordinated(workload: WithPool, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Run the workload's own version, which hands its tasks to the pool."""
    with contextlib.closing(WatchedPool(workload, workers, context)) as pool:
        yield lambda: workload.pool(problem, pool)


class WatchedPool:
    """A Pool that raises WorkerDied where ``multiprocessing.Pool`` waits for ever (cpython issue 96062).

    Its methods are those of Pool, with chunks of one task by default.
    """

    def __init__(self, workload: Workload, workers: int, context: Any) -> None:
        self.workers = workers
        self._pool: Any = None  # a TrackedPool, once it is there
        try:
            with defer_sigint(context):
                told = Portable(workload), context.Barrier(workers)
                self._pool = TrackedPool(workers, tasks.adopt, told, context=context)
            self.map(tasks.meet, range(workers))
        except BaseException:
            self.close()
            raise

    def map(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> list[Any]:
        """``[function(task) for task in tasks]``, once all are done."""
        result = self._pool.map_async(Guarded(function), tasks, chunksize)
        while not result.ready():
            result.wait(POLL_SECONDS)
            if not result.ready():
                self._require_life()
        return [opened(answer) for answer in result.get()]

    def imap(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """Answers in the order of the tasks, each as soon as it and those before it are there."""
        return self._watched(self._pool.imap(Guarded(function), tasks, chunksize))

    def imap_unordered(self, function: Callable[[Any], Any], tasks: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """Answers as they come."""
        return self._watched(self._pool.imap_unordered(Guarded(function), tasks, chunksize))

    def _watched(self, answers: Any) -> Iterator[Any]:
        while True:
            try:
                answer = answers.next(POLL_SECONDS)
            except StopIteration:
                return
            except multiprocessing.TimeoutError:
                self._require_life()
            else:
                yield opened(answer)

    def _require_life(self) -> None:
        for number, process in enumerate(self._pool.started_with, 1):
            if process.exitcode is not None:
                raise died(f"worker {number} of {self.workers}", [process.exitcode])
        if not self._pool.reads_answers():
            raise WorkerDied("the pool's thread that reads answers ended on one that cannot be rebuilt")

    def close(self) -> None:
        """End the pool's processes and threads, also when a worker was killed, or is just then."""
        if self._pool is not None:
            self._pool.end(POLL_SECONDS, END_SECONDS)
