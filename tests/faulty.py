"""A workload that goes wrong on demand: its problem names a file, and the first item obeys the word in it."""

import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

from kernels.errors import WrongAnswer

SIZES = {"S": 8, "M": 16, "L": 32}


class Unbuildable(Exception):
    """Can be pickled, but not unpickled: what is pickled is one argument, and it takes two."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


class Unpicklable(Exception):
    """Holds what cannot be pickled."""

    def __init__(self) -> None:
        super().__init__(threading.Lock())


@dataclass(frozen=True)
class Problem:
    """Items ``first <= i < last``, and the file that may hold an order."""

    orders: Path
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


def problem(size: int, seed: int = 0) -> Problem:
    return Problem(Path(os.devnull), 0, size)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    return Problem(problem.orders, problem.first + lo, problem.first + hi)


def solve(problem: Problem) -> Any:
    order = problem.orders.read_text() if problem.first == 0 else ""
    match order:
        case "raise":
            raise ValueError("item 0 is bad")
        case "raise unpicklable":
            raise Unpicklable
        case "raise unbuildable":
            raise Unbuildable("item 0 ", "is bad")
        case "answer unpicklable":
            return threading.Lock()
        case "answer unbuildable":
            return Unbuildable("item 0 ", "is bad")
        case "exit":
            os._exit(7)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "terminate":
            os.kill(os.getpid(), signal.SIGTERM)
        case "signal":
            signal.raise_signal(signal.SIGINT)
        case "die in the answer":
            connection.Connection._send = _half  # type: ignore[attr-defined]
        case "wait":
            print("running", flush=True)
            problem.orders.with_suffix(".running").touch()  # for workers whose output goes elsewhere
            threading.Event().wait()
    return sum(range(problem.first, problem.last))


def join(answers: list[int]) -> int:
    return sum(answers)


def check(problem: Problem, answer: int) -> None:
    if answer != len(problem) * (len(problem) - 1) // 2:
        raise WrongAnswer(f"not {answer}")


def _half(self: connection.Connection, content: bytes, write: object = None) -> None:
    """In place of what sends a message through a pipe: send the half of it, and die."""
    os.write(self.fileno(), content[: len(content) // 2])
    os.kill(os.getpid(), signal.SIGKILL)
