"""A workload from a file of a user's own: the squares of whole numbers, each the sum of that many odd numbers."""

from dataclasses import dataclass

import numpy as np

from kernels import WrongAnswer

SIZES = {"S": 100, "M": 1000, "L": 10_000}


@dataclass(frozen=True)
class Problem:
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def problem(size: int, seed: int = 0) -> Problem:
    values = np.arange(seed, seed + size)
    values.flags.writeable = False
    return Problem(values)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    return Problem(problem.values[lo:hi])


def empty(problem: Problem) -> np.ndarray:
    return np.empty_like(problem.values)


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    squares: np.ndarray = np.multiply(problem.values, problem.values, out=out)
    return squares


def check(problem: Problem, answer: np.ndarray) -> None:
    odd = np.arange(1, 2 * int(problem.values[-1]), 2)
    expected = np.concatenate([[0], np.cumsum(odd)])[problem.values]
    if not np.array_equal(answer, expected):
        raise WrongAnswer(f"{answer} are not squares")
