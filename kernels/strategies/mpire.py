"""``mpire.WorkerPool``, kept alive: parts and answers travel as pickles.

Mpire looks for answers ten times a second at the end of a map, so that no run is shorter than some 10 ms.
It sees most deaths of workers, but neither one while workers start, nor one with a lock held, and it waits
for ever for what cannot be pickled. So its map is called in a thread, beside which the workers are watched.
"""

import contextlib
import functools
import importlib.util
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.loading import Portable
from kernels.contract.parts import answer_array, joiner, parts
from kernels.contract.workload import Independent, Problem, Run, Workload
from kernels.errors import died
from kernels.workers.carried import all_up, files, received, require_picklable, solver
from kernels.workers.main_module import hidden, needs_main, require_files
from kernels.workers.replies import Guarded, opened
from kernels.workers.signals import defer_sigint
from kernels.workers.stdlib import close_reader, close_writer, free_lock, guard_exit_code, ignore_broken_pipe

HAS_WORKERS = TAKES_START_METHOD = True
POLL_SECONDS = 0.1  # how soon a death is noticed; an answer wakes the caller at once
THREAD_SECONDS = 1.0  # for mpire's threads to end, where a dead worker holds a lock that they need


def missing() -> str | None:
    """Whether mpire is not installed."""
    if importlib.util.find_spec("mpire") is None:
        return "mpire is not installed (pip install 'parallel-kernels[mpire]')"
    return None


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Send each part as a task, and copy the answers together."""
    require_picklable(problem)
    require_files(files(workers))
    join = joiner(workload, answer_array(workload, problem))
    solve = solver(workload)
    with contextlib.closing(_Watched(workload, problem, workers, context)) as pool:
        all_up(pool.map, workers)
        yield lambda: join(list(map(received, pool.map(solve, parts(workload, problem, workers)))))


class _Watched:
    """A WorkerPool whose `map` raises WorkerDied where a worker has ended, and which can always be ended."""

    def __init__(self, workload: Workload, problem: Problem, workers: int, context: BaseContext) -> None:
        self._context = context
        self._processes: list[Any] = []
        around = contextlib.nullcontext if needs_main(workload, problem) else hidden
        with defer_sigint(context):
            self._pool = _pool_class()(
                workers, start_method=context.get_start_method(), shared_objects=Portable(workload), keep_alive=True
            )
            self._pool.set_up(self._processes, around)

    def map(self, function: Callable[..., Any], tasks: Sequence[Any]) -> list[Any]:
        """``[function(portable, task) for task in tasks]``."""
        call = functools.partial(
            self._pool.map,
            Guarded(function),
            [(task,) for task in tasks],
            chunk_size=1,
            concatenate_numpy_output=False,
        )
        future: Future[list[Any]] = Future()
        with contextlib.nullcontext() if self._processes else defer_sigint(self._context):  # the first call starts them
            threading.Thread(target=_fulfil, args=(future, call), daemon=True).start()
            while not self._processes and not future.done():
                wait([future], POLL_SECONDS)
        while not future.done():
            wait([future], POLL_SECONDS)
            if not future.done():
                self._require_life()
        try:
            answers = future.result()
        except Exception:  # whatever mpire says of a death
            self._require_life()
            raise
        return [opened(answer) for answer in answers]

    def _require_life(self) -> None:
        codes = [process.exitcode for process in self._processes]
        if any(code is not None for code in codes):
            raise died(f"of {len(codes)} workers one", codes)

    def close(self) -> None:
        self._pool.terminate()


def _fulfil(future: "Future[list[Any]]", call: Callable[[], list[Any]]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)


@functools.cache
def _pool_class() -> Any:
    """A WorkerPool that notes the processes it starts, and whose end waits for none of their locks."""
    import mpire
    from mpire.comms import MAIN_PROCESS

    class Pool(mpire.WorkerPool):  # type: ignore[misc]
        _workers: list[Any]

        def set_up(self, processes: list[Any], around: Any) -> None:
            self.processes, self.around = processes, around
            self.ended = threading.Lock()

        def _start_worker(self, worker_id: int) -> None:
            comms = self._worker_comms
            for queue in comms._task_queues:
                ignore_broken_pipe(queue)  # said at the end, to its thread, by closing the other side
            with self.around():
                super()._start_worker(worker_id)
            self.processes.append(self._workers[worker_id])
            guard_exit_code(self._workers[worker_id])

        def terminate(self) -> None:
            """The steps of mpire's own, after the workers have been killed, in an order in which nothing waits."""
            with self.ended:
                if not self._workers:
                    return
                for worker in self.processes:
                    worker.kill()
                    worker.join()
                comms = self._worker_comms
                free_lock(comms._exception_thrown)
                free_lock(comms._worker_restart_condition)
                comms.signal_exception_thrown(MAIN_PROCESS)  # by which its threads and its map end
                self._cache[MAIN_PROCESS]._set(success=False, result=EOFError())
                close_writer(comms._results_queue)  # for the thread that reads answers: the end
                self._handler_threads_stop_event.set()
                comms.signal_worker_restart_condition()
                for thread in (
                    self._results_handler_thread,
                    self._restart_handler_thread,
                    self._timeout_handler_thread,
                    self._unexpected_death_handler_thread,
                ):
                    if thread is not None and thread.is_alive():
                        thread.join(THREAD_SECONDS)
                for queue in comms._task_queues:
                    close_reader(queue)  # for the thread that sends tasks: a broken pipe
                    queue.close()
                self._workers = []

        def stop_and_join(self, keep_alive: bool = False) -> None:
            if keep_alive:
                super().stop_and_join(keep_alive)

    return Pool
