"""Values that are no times, such as peak memory or a count: a plain threshold decides, not statistics.

They hardly vary from process to process. One that is beyond the threshold is measured twice more,
and must be so each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

CONFIRMATIONS = 3


class Size(str, Enum):
    """Larger is worse, as asv has it."""

    LARGER = "larger"
    SMALLER = "smaller"
    SAME = "no change seen"


@dataclass(frozen=True)
class Measured:
    """What both sides gave in a pair of processes."""

    base: float
    head: float

    def beyond(self, threshold: float) -> Size:
        """Whether head differs by more than the fraction of the smaller of both; a zero differs from all others.

        Neither side is special: with base and head exchanged, larger and smaller are.
        """
        room = threshold * min(abs(self.base), abs(self.head))
        if self.head > self.base + room:
            return Size.LARGER
        return Size.SMALLER if self.base > self.head + room else Size.SAME


def judge(pairs: Sequence[Measured], threshold: float) -> Size:
    """What all pairs agree on."""
    sizes = {pair.beyond(threshold) for pair in pairs}
    return sizes.pop() if len(sizes) == 1 else Size.SAME
