"""Random strings, in order and the same whatever the workers: pure Python, with small objects.

A generator that is shared, or seeded per worker, gives strings that depend on who computed them.
Here string number i is a function of (seed, i) alone: 12 letters of 5 bits each, taken from the
i-th output of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014).
"""

from dataclasses import dataclass

import numpy as np

from kernels.contract.checking import require_equal

SIZES = {"S": 8_000, "M": 80_000, "L": 800_000}  # strings
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
WIDTH = 12
MASK = 2**64 - 1
GAMMA = 0x9E3779B97F4A7C15  # the golden ratio, as SplitMix64 steps its state
MIX1 = 0xBF58476D1CE4E5B9
MIX2 = 0x94D049BB133111EB


@dataclass(frozen=True)
class Problem:
    """Strings number ``first <= i < last`` of the sequence that `seed` starts."""

    seed: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


def problem(size: int, seed: int = 0) -> Problem:
    """The first `size` strings of the sequence."""
    return Problem(seed, 0, size)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some of the strings."""
    return Problem(problem.seed, problem.first + lo, problem.first + hi)


def empty(problem: Problem) -> np.ndarray:
    """Shape (n,), bytes of 12 letters each."""
    return np.empty(len(problem), f"S{WIDTH}")


def string(seed: int, i: int) -> str:
    """String number `i`, in 64-bit arithmetic on Python's integers."""
    z = (seed + (i + 1) * GAMMA) & MASK
    z = (z ^ (z >> 30)) * MIX1 & MASK
    z = (z ^ (z >> 27)) * MIX2 & MASK
    z ^= z >> 31
    return "".join([LETTERS[z >> shift & 31] for shift in range(0, 5 * WIDTH, 5)])


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    """String by string."""
    if out is None:
        out = empty(problem)
    out[:] = [string(problem.seed, i) for i in range(problem.first, problem.last)]
    return out


def check(problem: Problem, answer: np.ndarray) -> None:
    """The same sequence by vectorised unsigned arithmetic, which wraps by itself."""
    z = np.arange(problem.first + 1, problem.last + 1, dtype=np.uint64) * np.uint64(GAMMA)
    z += np.uint64(problem.seed & MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX2)
    z ^= z >> np.uint64(31)
    digits = z[:, np.newaxis] >> np.arange(0, 5 * WIDTH, 5, dtype=np.uint64) & np.uint64(31)
    letters = np.frombuffer(LETTERS.encode(), np.uint8)[digits]
    require_equal(answer, letters.view(f"S{WIDTH}").ravel())
