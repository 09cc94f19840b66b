"""What a workload is: the protocols of its two kinds, against which strategies are written.

A workload is a module of plain functions, or any object with the same attributes. Either its items are
independent (:class:`Independent`), so that every strategy can cut it into parts; it then knows nothing of
workers. Or the coordination of workers is its subject (:class:`Coordinated`), and it writes a version
for each strategy. `docs/writing-a-workload.md` shows one being written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np

Problem = Any  # a frozen dataclass of read-only arrays and scalars; len() is its number of items
Answer = Any
Run = Callable[[], Answer]  # solves a problem once


class Workload(Protocol):
    """What every workload has."""

    @property
    def SIZES(self) -> Mapping[str, Any]:  # noqa: N802 - a constant of a module
        """The numbers that the sizes S, M and L stand for."""

    def problem(self, size: int, /, seed: int = 0) -> Problem:
        """Make a problem of a size, which is a whole number: names are looked up in `SIZES` before."""

    def check(self, problem: Problem, answer: Answer, /) -> None:
        """Raise WrongAnswer unless the answer is right."""


@runtime_checkable
class Independent(Workload, Protocol):
    """A workload of independent items, which knows nothing of workers.

    It is an :class:`ArrayAnswer` or a :class:`JoinedAnswer` too, unless its answers are arrays that
    need only be concatenated.
    """

    def part(self, problem: Problem, lo: int, hi: int, /) -> Problem:
        """The sub-problem of the items ``lo <= i < hi``: views of its arrays, never copies."""

    def solve(self, problem: Problem, /) -> Answer:
        """The kernel, and the serial version."""


@runtime_checkable
class ArrayAnswer(Workload, Protocol):
    """A workload whose answer is an array that can be allocated before it is computed.

    Where its items are independent, an item has one row of it, and ``solve(problem, out=None)`` fills
    and returns `out` where that is given.
    """

    def empty(self, problem: Problem, /) -> np.ndarray:
        """An array of the answer's shape and type, whose contents do not matter."""


@runtime_checkable
class JoinedAnswer(Workload, Protocol):
    """A workload of independent items whose answer is no array."""

    def join(self, answers: list[Answer], /) -> Answer:
        """The answer of the whole from those of consecutive parts."""


@runtime_checkable
class Coordinated(Workload, Protocol):
    """A workload that writes its versions out, as functions named after the strategies.

    ``serial`` is the one that it must have; the others are in `contract/coordination.py`.
    """

    def serial(self, problem: Problem, /) -> Answer:
        """The serial version."""


@runtime_checkable
class WithService(Workload, Protocol):
    """A workload that needs something running beside it, such as a server."""

    def running(self, problem: Problem, /) -> AbstractContextManager[Problem]:
        """Start it, yield the problem as the workers are to see it, and end it when the team closes."""


@runtime_checkable
class WithRequirements(Workload, Protocol):
    """A workload of which some versions need what may not be installed."""

    def missing(self, strategy: str, /) -> str | None:
        """What is missing here for this strategy, as a sentence, or None."""


@runtime_checkable
class WithAmount(Workload, Protocol):
    """A workload whose field counts work, so that a time becomes a rate."""

    def amount(self, problem: Problem, /) -> tuple[float, str]:
        """How much a run does and of what: ``flop``, ``B`` (bytes to and from memory), or a word such as ``tasks``."""


AnyWorkload = Workload | ModuleType | str  # what callers may give: the workload itself, its name, or its file's path
