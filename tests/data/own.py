"""A script of a user's own whose workload is the script itself: ``own.py STRATEGY START_METHOD``."""

import sys
from dataclasses import dataclass

import kernels

SIZES = {"S": 10, "M": 100, "L": 1000}


@dataclass(frozen=True)
class Problem:
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


def problem(size: int, seed: int = 0) -> Problem:
    return Problem(0, size)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    return Problem(problem.first + lo, problem.first + hi)


def solve(problem: Problem) -> int:
    return sum(range(problem.first, problem.last))


def join(answers: list[int]) -> int:
    return sum(answers)


def check(problem: Problem, answer: int) -> None:
    if answer != problem.last * (problem.last - 1) // 2:
        raise kernels.WrongAnswer(f"not {answer}")


class Twice:
    """The same as an object that is not a module, and gives twice as much."""

    SIZES, problem, part, join = SIZES, staticmethod(problem), staticmethod(part), staticmethod(join)

    def solve(self, problem: Problem) -> int:
        return 2 * solve(problem)

    def check(self, problem: Problem, answer: int) -> None:
        check(problem, answer // 2)


if __name__ == "__main__":
    strategy, start_method = sys.argv[1], sys.argv[2] or None
    for workload in (sys.modules["__main__"], Twice()):
        print(kernels.run(workload, strategy, workers=2, start_method=start_method))
