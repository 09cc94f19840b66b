"""Functions of a user's own, of different kinds, and how some of them misbehave."""

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import parent_process
from typing import Any

import numpy as np

SEEDS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
GRID = np.arange(60.0).reshape(20, 3)


def square(n: int) -> int:
    return n * n


def half(n: int) -> float:
    return n / 2


def row(n: int) -> np.ndarray:
    return np.full((2, 3), n / 3)


def total(values: np.ndarray) -> float:
    return float(values.sum())


def doubled(values: np.ndarray) -> np.ndarray:
    return 2 * values


def all_of(values: np.ndarray) -> float:
    return float(values.sum())


def add(one: float, other: float) -> float:
    return one + other


def seeds() -> Iterator[int]:
    return iter(SEEDS)


def nothing() -> list[int]:
    return []


def squares_are_right(items: Any, answer: Any) -> bool:
    return list(answer) == [item * item for item in items]


def never_right(items: Any, answer: Any) -> bool:
    return False


def raises(n: int) -> int:
    if n == 7:
        raise ValueError("seven is bad")
    return n


def leaves(n: int) -> int:
    sys.exit(3)


def prints(n: int) -> int:
    print("printed by the function", n)
    return n


def changes(values: list[int]) -> int:
    values.append(1)
    return len(values)


def changes_array(values: np.ndarray) -> float:
    values += 1
    return float(values.sum())


def draws(n: int) -> float:
    return random.random()


def part(n: int) -> int:
    return 2 * n


def truth_of_numpy(items: Any, answer: Any) -> Any:
    return np.array(list(answer) == [-1]).all()


def histogram(n: int) -> np.ndarray:
    return np.bincount([n % 4], minlength=4)


def pair(n: int) -> tuple[int, float]:
    return n, float("nan")


def threads_of_blas(n: int) -> str | None:
    return os.environ.get("OPENBLAS_NUM_THREADS")


class Doubling:
    @staticmethod
    def two(n: int) -> int:
        return 2 * n

    def bound(self, n: int) -> int:
        return 2 * n


def lock(n: int) -> Any:
    return threading.Lock()


def hangs(n: int) -> int:
    threading.Event().wait()
    return n


def hangs_in_workers(n: int) -> int:
    if parent_process() is not None:
        threading.Event().wait()
    return n


def hangs_in_threads(n: int) -> int:
    if threading.current_thread() is not threading.main_thread():
        threading.Event().wait()
    return n


def leaves_workers(n: int) -> int:
    if parent_process() is not None:
        sys.exit(3)
    return n


def differs_in_workers(n: int) -> int:
    return n if parent_process() is None else -n


def forks_and_comes_back(n: int) -> int:
    os.fork()
    return n


def forks(n: int) -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return n


def uneven(n: int) -> int:
    time.sleep(0.001 * n)
    return n


def solve(n: int) -> int:
    return n + 1
