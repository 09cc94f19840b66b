"""Count the ways to place n queens so that none attacks another: pure Python, irregular load.

Backtracking with a bit per column and diagonal (Richards, "Backtracking algorithms in MCPL using
bit patterns and recursion", 1997). How much work lies behind a branch is not known before it is
done, and differs several times over: parts with as many branches as each other do not take equally
long. The branches are those of the first two rows, since one row has fewer than many workers need.
"""

from dataclasses import dataclass

from kernels.errors import WrongAnswer

# Rows of the board. A row more takes about five times as long: 10 ms, 100 ms and 1 s can only be
# met as nearly as that allows.
SIZES = {"S": 10, "M": 12, "L": 13}
BRANCHING = 2  # rows

# Solutions for 0, 1, 2 … rows: sequence A000170 of the On-Line Encyclopedia of Integer Sequences.
PUBLISHED = (1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596, 2279184, 14772512)


@dataclass(frozen=True)
class Problem:
    """The branches ``first <= i < last`` of the search on a board with `rows` rows and columns."""

    rows: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


def problem(size: int, seed: int = 0) -> Problem:
    """All branches of a board with `size` rows; nothing here is random, so `seed` changes nothing."""
    return Problem(size, 0, len(_branches(size)))


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some of the branches."""
    return Problem(problem.rows, problem.first + lo, problem.first + hi)


def solve(problem: Problem) -> int:
    """How many solutions the branches have."""
    full = 2**problem.rows - 1
    branches = _branches(problem.rows)[problem.first : problem.last]
    return sum(_completions(full, *attacked) for attacked in branches)


def join(answers: list[int]) -> int:
    """The sum of the parts' counts."""
    return sum(answers)


def check(problem: Problem, answer: int) -> None:
    """A whole board by its published count; other boards and parts by an algorithm without bits.

    That one is many times slower than `solve`: it is for small boards.
    """
    whole = len(problem) == len(_branches(problem.rows))
    if whole and problem.rows < len(PUBLISHED):
        expected = PUBLISHED[problem.rows]
    else:
        boards: list[tuple[int, ...]] = [()]
        for _ in range(_branching(problem.rows)):
            boards = [longer for queens in boards for longer in _one_more(problem.rows, queens)]
        expected = sum(_count(problem.rows, queens) for queens in boards[problem.first : problem.last])
    if not isinstance(answer, int) or answer != expected:
        raise WrongAnswer(f"queens: there are {expected} solutions, not {answer!r}")


def _branching(rows: int) -> int:
    """How many rows are filled in a branch: fewer than there are, so that every board has a branch."""
    return min(BRANCHING, rows - 1)


def _branches(rows: int) -> list[tuple[int, int, int]]:
    """What is attacked in the next row, by column and by either diagonal, once the first ones are filled."""
    branches = [(0, 0, 0)]
    squares = [1 << column for column in range(rows)]
    for _ in range(_branching(rows)):
        branches = [
            (columns | square, (left | square) << 1, (right | square) >> 1)
            for columns, left, right in branches
            for square in squares
            if not square & (columns | left | right)
        ]
    return branches


def _completions(full: int, columns: int, left: int, right: int) -> int:
    """In how many ways the rest of the board can be filled."""
    if columns == full:
        return 1
    count = 0
    free = full & ~(columns | left | right)
    while free:
        square = free & -free  # the lowest bit
        free ^= square
        count += _completions(full, columns | square, (left | square) << 1, (right | square) >> 1)
    return count


def _count(rows: int, queens: tuple[int, ...]) -> int:
    """The same from the columns of the queens in the first rows."""
    return 1 if len(queens) == rows else sum(_count(rows, longer) for longer in _one_more(rows, queens))


def _one_more(rows: int, queens: tuple[int, ...]) -> list[tuple[int, ...]]:
    """With each queen in the next row that none of the others, looked at one by one, attacks."""
    return [
        (*queens, column)
        for column in range(rows)
        if all(column != other and abs(column - other) != distance for distance, other in enumerate(queens[::-1], 1))
    ]
