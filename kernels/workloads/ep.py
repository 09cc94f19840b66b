"""Pairs of Gaussian deviates, tallied by size: NumPy compute, and nothing to communicate.

The "embarrassingly parallel" kernel of the NAS Parallel Benchmarks (Bailey et al., RNR-94-007,
1994, section 2.2): uniform numbers from the linear congruential generator x -> 5^13 x mod 2^46,
pairs of them made into deviates X, Y by Marsaglia's polar method, the sums of these, and how many
pairs fall into each square annulus l <= max(|X|, |Y|) < l + 1. The generator can jump ahead, so
that a batch of pairs depends on nothing but its number.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from kernels.errors import WrongAnswer

SIZES = {"S": 8, "M": 128, "L": 1024}  # batches; 256 of them are NPB's class S
PAIRS = 2**16  # in a batch
MULTIPLIER = 5**13
MODULUS = 2**46
SEED = 271828183
ANNULI = 10
TOLERANCE = 1e-8  # NPB's, of the sums

# Sums and counts for as many batches from NPB's seed on. Those of 256 are published with NPB; the
# others are what the definition gives, in Python's own integers and logarithms.
REFERENCES = {
    8: (377.64550035691866, 16.262768426731565, (192220, 182753, 34304, 2122, 50)),
    128: (-801.8784539369984, -5083.561080174397, (3069581, 2931822, 551019, 34327, 821, 11)),
    256: (-3247.834652034740, -6958.407078382297, (6140517, 5865300, 1100361, 68546, 1648, 17)),
    1024: (240.68840864035295, 1262.9120820097182, (24562061, 23459328, 4406342, 276571, 6647, 61)),
}


@dataclass(frozen=True)
class Problem:
    """Batches ``first <= i < last`` of the sequence that `seed`, an odd number, starts."""

    seed: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


@dataclass(frozen=True)
class Tally:
    """The sums of X and of Y, and `counts`: how many pairs fell into each annulus, from l = 0 on.

    The sums are exact fractions: those of floating-point numbers depend on how they are grouped,
    which is by batches here, and from there on must not depend on the parts.
    """

    sx: Fraction
    sy: Fraction
    counts: tuple[int, ...]


def problem(size: int, seed: int = 0) -> Problem:
    """The first `size` batches; `seed` 0 stands for the seed of NPB."""
    return Problem((SEED + 2 * seed) % MODULUS, 0, size)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some of the batches."""
    return Problem(problem.seed, problem.first + lo, problem.first + hi)


def solve(problem: Problem) -> Tally:
    """In arrays that all batches share, since fresh memory costs more than the arithmetic.

    The generator's state is held in the upper 46 of 64 bits, where it wraps by itself.
    """
    jumps = _powers(MULTIPLIER**2)
    states, cells = np.empty_like(jumps), np.empty(PAIRS, np.intp)
    x, y, t, factor = np.empty((4, PAIRS))
    tallies = []
    for batch in range(problem.first, problem.last):
        np.multiply(jumps, np.uint64(_state(problem.seed, batch) * (2**64 // MODULUS)), out=states)
        np.multiply(states, 2.0**-63, out=x)
        states *= np.uint64(MULTIPLIER)
        np.multiply(states, 2.0**-63, out=y)
        x -= 1
        y -= 1
        np.multiply(x, x, out=t)
        t += np.multiply(y, y, out=factor)
        rejected = PAIRS - np.count_nonzero(t <= 1)
        np.minimum(t, 1, out=t)  # makes the rejected pairs 0, which no sum notices
        np.log(t, out=factor)
        factor *= -2
        factor /= t
        np.sqrt(factor, out=factor)
        x *= factor
        y *= factor
        sx, sy = Fraction(float(x.sum())), Fraction(float(y.sum()))
        cells[:] = np.maximum(np.abs(x, out=x), np.abs(y, out=y), out=x)
        counts = np.bincount(cells, minlength=ANNULI)
        counts[0] -= rejected
        tallies.append(Tally(sx, sy, tuple(counts.tolist())))
    return join(tallies)


def join(answers: list[Tally]) -> Tally:
    """The sums of all tallies, which are exact."""
    counts = zip(*(tally.counts for tally in answers), strict=True)
    return Tally(
        sum((tally.sx for tally in answers), Fraction()),
        sum((tally.sy for tally in answers), Fraction()),
        tuple(map(sum, counts)),
    )


def check(problem: Problem, answer: Tally) -> None:
    """By the tables where they have it, and else by the same definition in another arithmetic.

    That one takes longer than `solve`.
    """
    if not isinstance(answer, Tally):
        raise WrongAnswer(f"the answer must be a Tally, not {type(answer).__name__}")
    if (problem.seed, problem.first) == (SEED, 0) and len(problem) in REFERENCES:
        sx, sy, counts = REFERENCES[len(problem)]
    else:
        sx, sy, counts = _recount(problem)
    counts += (0,) * (ANNULI - len(counts))
    for name, sum_, expected in (("X", answer.sx, sx), ("Y", answer.sy, sy)):
        if not math.isclose(sum_, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            raise WrongAnswer(f"ep: the sum of {name} is {expected!r}, not {float(sum_)!r}")
    if answer.counts != counts:
        raise WrongAnswer(f"ep: the counts are {counts}, not {answer.counts}")


def _state(seed: int, batch: int) -> int:
    """The generator's state at a batch's first number; each pair takes two."""
    return seed * pow(MULTIPLIER, 2 * PAIRS * batch + 1, MODULUS) % MODULUS


def _powers(base: int) -> np.ndarray:
    """``base**i`` modulo 2^64 for each pair i of a batch, twice as many with each step."""
    powers = np.ones(PAIRS, np.uint64)
    known = 1
    while known < PAIRS:
        np.multiply(powers[:known], np.uint64(pow(base, known, 2**64)), out=powers[known : 2 * known])
        known *= 2
    return powers


def _recount(problem: Problem) -> tuple[float, float, tuple[int, ...]]:
    """What `solve` gives, with NPB's own arithmetic in halves of 23 bits and nothing computed in vain."""
    xs, ys = [], []
    counts = np.zeros(ANNULI, int)
    for batch in range(problem.first, problem.last):
        states = np.array([float(_state(problem.seed, batch))])
        while len(states) < 2 * PAIRS:
            states = np.concatenate([states, _times(states, pow(MULTIPLIER, len(states), MODULUS))])
        uniform = 2 * states / MODULUS - 1
        x, y = uniform[::2], uniform[1::2]
        accepted = x * x + y * y <= 1
        x, y = x[accepted], y[accepted]
        t = x * x + y * y
        factor = np.sqrt(-2 * np.log(t) / t)
        xs.append(float((x * factor).sum()))
        ys.append(float((y * factor).sum()))
        larger = np.maximum(np.abs(x), np.abs(y)) * factor
        counts += np.bincount(larger.astype(int), minlength=ANNULI)
    return math.fsum(xs), math.fsum(ys), tuple(counts.tolist())


def _times(states: np.ndarray, factor: int) -> np.ndarray:
    """``states * factor`` modulo 2^46, exact in floating point, which holds 53 bits."""
    half = 2**23
    upper, lower = np.floor(states / half), _modulo(states, half)
    middle = _modulo(upper * (factor % half) + lower * (factor // half), half)
    return _modulo(middle * half + lower * (factor % half), MODULUS)


def _modulo(values: np.ndarray, modulus: int) -> np.ndarray:
    """What ``values % modulus`` gives, several times faster, for a modulus that is a power of two."""
    remainders: np.ndarray = values - np.floor(values / modulus) * modulus
    return remainders
