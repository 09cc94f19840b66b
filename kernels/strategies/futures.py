"""``concurrent.futures.ProcessPoolExecutor``, started once: parts and answers travel as pickles."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from kernels.contract.loading import Portable
from kernels.contract.parts import answer_array, joiner, parts
from kernels.contract.workload import Independent, Problem, Run
from kernels.errors import died
from kernels.workers import tasks
from kernels.workers.replies import Guarded, opened
from kernels.workers.signals import defer_sigint
from kernels.workers.stdlib import executor_processes, guard_exit_code
from kernels.workers.watchdog import watched

HAS_WORKERS = TAKES_START_METHOD = True


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Send each part as a task, and copy the answers together."""
    join = joiner(workload, answer_array(workload, problem))
    with defer_sigint(context):
        initial = (Portable(workload), context.Barrier(workers))
    executor = ProcessPoolExecutor(workers, context, tasks.adopt, initial)
    processes: set[BaseProcess] = set()

    def each(function: Callable[[Any], Any], arguments: Any) -> list[Any]:
        try:
            # The first tasks start the processes; and Ctrl-C in the middle of handing one over would leave a
            # lock taken for which the executor's thread then waits for ever.
            with defer_sigint(context):
                futures = [executor.submit(Guarded(function), argument) for argument in arguments]
                processes.update(executor_processes(executor))  # a broken executor forgets them
                for process in processes:
                    guard_exit_code(process)
            try:
                answers = [future.result() for future in futures]
            except Exception:
                wait(futures)  # a task that fails while the workers are ended ends the executor's thread before 3.12
                raise
            return [opened(answer) for answer in answers]
        except BrokenProcessPool as error:
            executor.shutdown()  # waits until its own thread has joined them, which two threads cannot do at once
            codes = [process.exitcode for process in processes]
            raise died(f"of {workers} workers one", codes) from error

    with watched(lambda: executor):  # to its end: a worker that was killed in the middle of an answer is waited for
        try:
            each(tasks.meet, range(workers))
            yield lambda: join(each(tasks.solve, parts(workload, problem, workers)))
        except BaseException:  # Ctrl-C: shutdown alone would wait for the tasks that are in work
            for process in executor_processes(executor):
                process.kill()
            raise
        finally:
            executor.shutdown(cancel_futures=True)
