"""Tasks of any length that need no data and no GIL: what ``granularity.py`` measures.

A task is a key derivation (PBKDF2-HMAC-SHA-256, RFC 8018): time in proportion to its iterations,
from microseconds on, in C that lets go of the GIL. So what tasks cost beside their work is the
strategy's alone. This is a workload of our own, given to ``kernels`` by the path of
its file; it has no sizes.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from kernels import WrongAnswer

SIZES: Mapping[str, int] = {}


@dataclass(frozen=True)
class Problem:
    """The tasks ``first <= i < last``, each of so many iterations."""

    first: int
    last: int
    iterations: int

    def __len__(self) -> int:
        return self.last - self.first


def problem(size: int, seed: int = 0, iterations: int = 1) -> Problem:
    """`size` tasks; nothing here is random, so `seed` changes nothing."""
    return Problem(0, size, iterations)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    return Problem(problem.first + lo, problem.first + hi, problem.iterations)


def solve(problem: Problem) -> list[bytes]:
    return [task(i, problem.iterations) for i in range(problem.first, problem.last)]


def task(i: int, iterations: int) -> bytes:
    """The key that is derived from the password `i` without salt."""
    return hashlib.pbkdf2_hmac("sha256", b"%d" % i, b"", iterations)


def join(answers: list[list[bytes]]) -> list[bytes]:
    return [key for answer in answers for key in answer]


def check(problem: Problem, answer: list[bytes]) -> None:
    """The last key step by step, as the RFC has it, which takes longer; all of them as they are made here."""
    expected = solve(problem)
    if answer != expected or answer[-1] != _derived(b"%d" % (problem.last - 1), problem.iterations):
        raise WrongAnswer(f"grains: {answer!r} are not the keys of {problem}")


def _derived(password: bytes, iterations: int) -> bytes:
    """The exclusive or of a chain of HMACs."""
    link, key = b"\0\0\0\1", 0
    for _ in range(iterations):
        link = hmac.digest(password, link, "sha256")
        key ^= int.from_bytes(link, "big")
    return key.to_bytes(32, "big")
