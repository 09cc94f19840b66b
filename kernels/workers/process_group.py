"""Processes that are started once, and called through a pipe each.

Workers have no lock and no queue in common, so that one that dies cannot block another, and its closed
pipe tells the caller at once, where ``multiprocessing.Pool`` waits for ever (cpython issue 96062).
"""

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from threading import BrokenBarrierError
from typing import Any

from kernels.errors import WorkerDied, died
from kernels.workers.orphans import end_with_parent
from kernels.workers.replies import packed, unpacked
from kernels.workers.signals import defer_sigint, settle_in_worker
from kernels.workers.stdlib import guard_exit_code, pickled

TASKS_IN_HAND = 2  # per worker: one in work, and the next in its pipe, so that it need not wait
EXIT_SECONDS = 5.0


class ProcessGroup:
    """`workers` processes, each of which holds a state: what ``setup(rank, *args)`` returned there.

    Making one, and its methods, raise what `setup` and the functions raise in a worker, with the worker's
    traceback, and WorkerDied where a process ends by itself.
    """

    def __init__(self, context: BaseContext, workers: int, setup: Callable[..., Any], *args: Any) -> None:
        self._args = args  # shared arrays among them, whose memory may not be used again while a worker sees it
        self._processes: list[Any] = []
        self._pipes: list[Any] = []
        self._pending = 0  # replies that are still to come
        try:
            for rank in range(workers):
                ours, theirs = context.Pipe()
                self._pipes.append(ours)
                # A forked process inherits our ends of the pipes. While it has them open, workers wait for ever
                # for a parent that is gone.
                inherited = list(self._pipes) if context.get_start_method() == "fork" else []
                process = context.Process(  # type: ignore[attr-defined]
                    target=_serve,
                    args=(theirs, inherited, rank, setup, args),
                    name=f"worker {rank + 1} of {workers}",
                    daemon=True,
                )
                with defer_sigint(context):
                    process.start()
                    self._processes.append(process)
                    self._pending += 1
                    guard_exit_code(process)
                theirs.close()  # the worker's end is then the worker's alone, and ends with it
            for pipe in self._pipes:
                _, _, error = self._receive(pipe)
                if error is not None:
                    raise error
        except BaseException:
            self.close()
            raise

    def map(self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> list[Any]:
        """``[function(state, *task) for task in tasks]``, each call in whichever worker is free.

        `function` must be importable by name. When a call raises, no further task is handed out, and
        the error is raised here once the tasks in work are done.
        """
        waiting = deque(pickled((index, function, task)) for index, task in enumerate(tasks))
        answers: list[Any] = [None] * len(tasks)
        failure = None
        for pipe in self._pipes * TASKS_IN_HAND:
            if waiting:
                self._send(pipe, waiting.popleft())
        while self._pending:
            for pipe in wait(self._pipes):
                index, answers[index], error = self._receive(pipe)
                if error is not None:
                    failure = failure or error
                    waiting.clear()
                if waiting:
                    self._send(pipe, waiting.popleft())
        if failure is not None:
            raise failure
        return answers

    def everyone(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """``function(state, *args)`` in every worker at the same time; the answers by rank.

        When a call raises, the error is raised here once all calls have returned: `function` must see
        to it that none of the others waits for the one that failed.
        """
        answers: list[Any] = [None] * len(self._pipes)
        errors: list[Exception] = []
        for rank, pipe in enumerate(self._pipes):
            self._send(pipe, pickled((rank, function, args)))
        while self._pending:
            for pipe in wait(self._pipes):
                rank, answers[rank], error = self._receive(pipe)
                if error is not None:
                    errors.append(error)
        if errors:
            raise cause(errors)
        return answers

    def close(self) -> None:
        """End the workers: by a message where they are idle, by force where a reply is pending."""
        for pipe, process in zip(self._pipes, self._processes, strict=False):
            if self._pending:
                process.kill()
            else:
                with contextlib.suppress(OSError):  # raised where the worker has ended already
                    pipe.send(None)
        for process in self._processes:
            process.join(EXIT_SECONDS)
            if process.exitcode is None:
                process.kill()
                process.join()
        for pipe in self._pipes:
            pipe.close()

    def _send(self, pipe: Any, message: Any) -> None:
        self._pending += 1
        try:
            pipe.send_bytes(message)
        except OSError:
            raise self._death_behind(pipe) from None

    def _receive(self, pipe: Any) -> tuple[int, Any, Exception | None]:
        """The next reply: the task's index, its answer, and what it raised."""
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            raise self._death_behind(pipe) from None
        self._pending -= 1
        try:
            return unpacked(message)
        except Exception as error:  # an answer whose type cannot be rebuilt here
            return 0, None, error

    def _death_behind(self, pipe: Any) -> WorkerDied:
        process = self._processes[self._pipes.index(pipe)]
        process.join(EXIT_SECONDS)
        self._pending += 1  # for ever, so that close() ends all by force
        return died(process.name, [process.exitcode])


def cause(errors: Sequence[BaseException]) -> BaseException:
    """The error to report of those that workers raised: a broken barrier is the consequence of another."""
    return next((error for error in errors if not isinstance(error, BrokenBarrierError)), errors[0])


def _serve(pipe: Any, inherited: list[Any], rank: int, setup: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """The main loop of a worker process: answer calls until None is sent, or the parent is gone."""
    settle_in_worker()
    end_with_parent()
    for end in inherited:
        end.close()
    try:
        state = setup(rank, *args)
    except Exception as error:
        pipe.send_bytes(packed(0, None, error))
        return
    pipe.send_bytes(packed(0, None, None))
    while True:
        try:
            call = pipe.recv()
        except EOFError:
            return
        if call is None:
            return
        index, function, task = call
        try:
            reply = packed(index, function(state, *task), None)
        except Exception as error:
            reply = packed(index, None, error)
        pipe.send_bytes(reply)
