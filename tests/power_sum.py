"""A workload that is an instance: the sum of the first numbers' powers, whose answer is a number."""

from dataclasses import dataclass

from kernels import WrongAnswer


@dataclass(frozen=True)
class Terms:
    """The terms ``first <= i < last``."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


class PowerSum:
    SIZES = {"S": 10, "M": 100, "L": 1000}  # noqa: RUF012 - as a user would write it

    def __init__(self, power: int) -> None:
        self.power = power

    def problem(self, size: int, seed: int = 0) -> Terms:
        return Terms(0, size)

    def part(self, problem: Terms, lo: int, hi: int) -> Terms:
        return Terms(problem.first + lo, problem.first + hi)

    def solve(self, problem: Terms) -> int:
        return sum(i**self.power for i in range(problem.first, problem.last))

    def join(self, answers: list[int]) -> int:
        return sum(answers)

    def check(self, problem: Terms, answer: int) -> None:
        """Cubes, whose sum is the square of the sum (Nicomachus)."""
        if self.power == 3 and answer != sum(range(problem.first, problem.last)) ** 2:
            raise WrongAnswer(f"{answer} is not a sum of cubes")
