"""Sum of i + i^2 + i^3 in exact Python integers: pure Python, bound by the GIL.

The loop on which most tutorials of Python parallelism show that threads do not speed up
pure Python and that processes do.
"""

from dataclasses import dataclass

from kernels.errors import WrongAnswer

SIZES = {"S": 100_000, "M": 1_000_000, "L": 10_000_000}  # terms


@dataclass(frozen=True)
class Problem:
    """The terms ``first <= i < last``."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


def problem(size: int, seed: int = 0) -> Problem:
    """The first `size` terms, from i = 0; nothing here is random, so `seed` changes nothing."""
    return Problem(0, size)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some of the terms."""
    return Problem(problem.first + lo, problem.first + hi)


def solve(problem: Problem) -> int:
    """The sum of the terms, an integer of any length."""
    total = 0
    for i in range(problem.first, problem.last):
        total += i + i**2 + i**3
    return total


def join(answers: list[int]) -> int:
    """The sum of the parts' sums."""
    return sum(answers)


def check(problem: Problem, answer: int) -> None:
    """Faulhaber's closed forms of the three power sums."""
    expected = _sum_below(problem.last) - _sum_below(problem.first)
    if type(answer) is not int or answer != expected:
        raise WrongAnswer(f"polynomial: the sum is {expected}, not {answer!r}")


def _sum_below(n: int) -> int:
    """Sum of i + i^2 + i^3 over i < n."""
    linear = n * (n - 1) // 2
    return linear + n * (n - 1) * (2 * n - 1) // 6 + linear**2
