"""Processes that are started once and called through a pipe each.

A pipe per worker, and no lock or queue between workers, is what makes a death harmless: nothing
that the dead worker held can block another, and its closed pipe says at once that it died, where
``multiprocessing.Pool`` waits for ever (cpython issue 96062).
"""

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.pool import ExceptionWithTraceback  # type: ignore[attr-defined]
from multiprocessing.reduction import ForkingPickler
from typing import Any

from kernels.errors import WorkerDied
from kernels.worker import ignore_interrupt

TASKS_IN_HAND = 2  # per worker: one in work, and the next in its pipe, so that it need not wait
EXIT_SECONDS = 5.0

Reply = tuple[int, Any, Exception | None]  # the task's index, its answer, and what it raised


class Crew:
    """`workers` processes, each holding what ``setup(*args)`` returned in it.

    Raises what `setup` raises, and WorkerDied when a process ends by itself.
    """

    def __init__(self, context: BaseContext, workers: int, setup: Callable[..., Any], *args: Any) -> None:
        self._processes: list[Any] = []
        self._pipes: list[Any] = []
        self._owed = 0  # replies that are still to come
        try:
            for number in range(1, workers + 1):
                ours, theirs = context.Pipe()
                self._pipes.append(ours)
                process = context.Process(  # type: ignore[attr-defined]
                    target=_serve, args=(theirs, setup, args), name=f"worker {number} of {workers}", daemon=True
                )
                process.start()
                self._processes.append(process)
                self._owed += 1
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

        `function` must be importable by name. When a call raises, no further task is handed out,
        and what it raised is raised here, with the worker's traceback, once the others are back.
        """
        waiting = deque(ForkingPickler.dumps((index, function, task)) for index, task in enumerate(tasks))
        answers: list[Any] = [None] * len(tasks)
        failure = None
        for pipe in self._pipes * TASKS_IN_HAND:
            self._hand_out(waiting, pipe)
        while self._owed:
            for pipe in wait(self._pipes):
                index, answers[index], error = self._receive(pipe)
                if error is not None:
                    failure = failure or error
                    waiting.clear()
                self._hand_out(waiting, pipe)
        if failure is not None:
            raise failure
        return answers

    def close(self) -> None:
        """End the workers: with a word where they are idle, by force where they are not."""
        for pipe, process in zip(self._pipes, self._processes, strict=False):
            if self._owed:
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

    def _hand_out(self, waiting: deque[Any], pipe: Any) -> None:
        if waiting:
            self._owed += 1
            try:
                pipe.send_bytes(waiting.popleft())
            except OSError:
                raise self._death_behind(pipe) from None

    def _receive(self, pipe: Any) -> Reply:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            raise self._death_behind(pipe) from None
        self._owed -= 1
        try:
            reply: Reply = ForkingPickler.loads(message)
        except Exception as error:  # an answer whose type cannot be rebuilt here
            return 0, None, error
        return reply

    def _death_behind(self, pipe: Any) -> WorkerDied:
        process = self._processes[self._pipes.index(pipe)]
        process.join(EXIT_SECONDS)
        self._owed += 1  # nobody will answer any more, so close() must not wait for words
        return WorkerDied(f"{process.name} ended with exit code {process.exitcode}")


def _serve(pipe: Any, setup: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """What a worker process does: answer calls until it is sent None, or its parent is gone."""
    ignore_interrupt()
    try:
        state = setup(*args)
    except Exception as error:
        _reply(pipe, 0, None, error)
        return
    _reply(pipe, 0, None, None)
    while True:
        try:
            call = pipe.recv()
        except EOFError:
            return
        if call is None:
            return
        index, function, task = call
        try:
            answer = function(state, *task)
        except Exception as error:
            _reply(pipe, index, None, error)
        else:
            _reply(pipe, index, answer, None)


def _reply(pipe: Any, index: int, answer: Any, error: Exception | None) -> None:
    traced = error and ExceptionWithTraceback(error, error.__traceback__)
    try:
        message = ForkingPickler.dumps((index, answer, traced))
    except Exception as unpicklable:
        what = f"the answer, of type {type(answer).__name__}" if error is None else f"{error!r}"
        told = TypeError(f"{what}, cannot be sent back from the worker: {unpicklable}")
        message = ForkingPickler.dumps((index, None, told))
    pipe.send_bytes(message)
