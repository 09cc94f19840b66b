"""A ``multiprocessing.Process`` per part, with answers through a ``Queue``: every tutorial's first form.

Nothing is started when the team opens: each run starts as many processes as workers, and ends
them. Answers come in any order, so each carries its position; and they are all taken out of the
queue before the processes are joined, since a process does not end while its answer waits.

A part goes through a pipe of its process. As an argument, which is how tutorials send it, a large
part has spawn's start() wait for the process to read it: one process starts after the other, and
start() never returns where the process is killed before it has read.
"""

import contextlib
import threading
from collections.abc import Iterator
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.loading import Portable
from kernels.contract.parts import answer_array, joiner, spans
from kernels.contract.workload import Answer, Independent, Problem, Run
from kernels.errors import died, starting_workers
from kernels.machine import blas
from kernels.workers.orphans import end_with_parent
from kernels.workers.replies import packed, unpacked
from kernels.workers.signals import defer_sigint, settle_in_worker
from kernels.workers.stdlib import close_writer, guard_exit_code

HAS_WORKERS = TAKES_START_METHOD = True


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """In each run, start a process for each part, and end it: a part for each worker, whatever chunk is asked for."""
    join = joiner(workload, answer_array(workload, problem))
    cuts = spans(len(problem), workers, parts_per_worker=1)
    yield lambda: join(_answers(workload, [workload.part(problem, lo, hi) for lo, hi in cuts], context))


def _answers(workload: Independent, parts: list[Problem], context: Any) -> list[Answer]:
    """The answers of the parts, in order."""
    with starting_workers(), defer_sigint(context):
        queue = context.Queue()
    processes: list[Any] = []
    pipes: list[Any] = []
    try:
        for position in range(len(parts)):
            theirs, ours = context.Pipe(duplex=False)
            pipes.append(ours)
            args = (Portable(workload), theirs, position, queue)
            process = context.Process(target=_solve, args=args, daemon=True)
            with blas.one_thread_in_children(), starting_workers(), defer_sigint(context):
                process.start()
                processes.append(process)
                guard_exit_code(process)
            theirs.close()
        close_writer(queue)  # ours, so that the queue comes to an end when the processes have
        for pipe, part in zip(pipes, parts, strict=True):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended, as is found out below
                pipe.send(part)
        watch = threading.Thread(target=_end_all_when_one_dies, args=(processes,))
        watch.start()
        try:
            replies = sorted((unpacked(queue.get()) for _ in processes), key=lambda reply: reply[0])
        except (EOFError, OSError):
            watch.join()
            codes = [process.exitcode for process in processes]
            raise died(f"of {len(codes)} workers one that gave no answer", codes) from None
        watch.join()
    except BaseException:
        for process in processes:
            process.kill()
        raise
    finally:
        for process in processes:
            process.join()
        for pipe in pipes:
            pipe.close()
        queue.close()
    for _, _, error in replies:
        if error is not None:
            raise error
    return [answer for _, answer, _ in replies]


def _end_all_when_one_dies(processes: list[Any]) -> None:
    """One that is killed while it writes leaves the queue locked, and the others waiting for ever."""
    running = {process.sentinel: process for process in processes}
    while running:
        for sentinel in wait(list(running)):
            ended = running.pop(sentinel)
            ended.join()  # the sentinel is a moment ahead of the exit code
            if ended.exitcode != 0:
                for process in processes:
                    process.kill()


def _solve(portable: Portable, pipe: Any, position: int, queue: Any) -> None:
    settle_in_worker()
    end_with_parent()
    try:
        reply = packed(position, portable.workload.solve(pipe.recv()), None)
    except Exception as error:
        reply = packed(position, None, error)
    queue.put(reply)
