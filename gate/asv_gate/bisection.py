"""Which commit of a line made a benchmark slower: bisection on pairs, and one test that the answer stands on.

The search only proposes a commit; pairs that it has not used decide about it. So the whole search
has one error rate, alpha: that it names a commit which is not slower than the one before it. How
often the search itself goes astray changes what is found, and not how often that is wrong.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from asv_gate import signedrank

FEWEST, MOST = 4, 40  # pairs of a step
CERTAIN = 3.0  # standard errors from the middle between good and bad at which a step is decided
NORMAL_MAD = 1.4826


class Ending(str, Enum):
    """How a search ends."""

    NAMED = "named"
    NO_CHANGE = "no change"
    NOT_CONFIRMED = "not confirmed"
    NOT_BUILT = "not built"


@dataclass(frozen=True)
class Step:
    """A commit that was compared with good: its position in the line, its estimated ratio, and pairs."""

    position: int
    ratio: float
    pairs: int
    slower: bool


@dataclass
class Search:
    """What came of it.

    Attributes
    ----------
    ending
        How it ended.
    first_bad, last_good
        Positions in the line; between them are only commits that cannot be built.
    ratio, low, high
        Of the first bad commit over the last good one, from the confirming pairs, with the 95 % interval.
    p_value
        Of these pairs, against "not slower by more than the threshold".
    steps
        What was compared on the way.
    skipped
        Positions that could not be built or measured, and why.

    """

    ending: Ending
    last_good: int
    first_bad: int
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p_value: float = 1.0
    steps: list[Step] = field(default_factory=list)
    skipped: dict[int, str] = field(default_factory=dict)


class CannotMeasure(Exception):
    """A commit cannot be built, or the benchmark fails there; the message says why."""


Pairs = Callable[[int, int, int], float]  # base, head, number: ln(head / base), or CannotMeasure


def search(length: int, pairs: Pairs, *, alpha: float, threshold: float, confirming: int = MOST) -> Search:
    """Find the first slow commit of a line.

    Parameters
    ----------
    length
        Of the line: commit 0 is good, and the last is bad.
    pairs
        Measures a pair of two commits by their positions; `number` tells the pairs of a step apart. Asked for the
        same again, it may answer from a journal.
    alpha
        The probability, at most, that the commit which is named is not slower than the last good one.
    threshold
        The fraction up to which a slowdown is none.
    confirming
        How many pairs decide at the end.

    Raises
    ------
    CannotMeasure
        Where the ends of the line cannot be measured.

    """
    good, bad = 0, length - 1
    margin = math.log1p(threshold)
    # Whether there is anything to look for. This proves nothing, and is only meant to save the search.
    whole = _sample(pairs, good, bad, middle=margin)
    effect = float(signedrank.estimate(whole))
    out = Search(Ending.NO_CHANGE, good, bad, math.exp(effect))
    out.steps.append(Step(bad, math.exp(effect), len(whole), effect > margin))
    if effect <= margin:
        return out
    while candidates := [at for at in range(good + 1, bad) if at not in out.skipped]:
        at = min(candidates, key=lambda at: abs(2 * at - good - bad))
        try:
            d = _sample(pairs, 0, at, middle=effect / 2)
        except CannotMeasure as error:
            out.skipped[at] = str(error)
            continue
        estimate = float(signedrank.estimate(d))
        slower = estimate > effect / 2
        out.steps.append(Step(at, math.exp(estimate), len(d), slower))
        good, bad = (good, at) if slower else (at, bad)
    out.last_good, out.first_bad = good, bad
    fresh = np.array([pairs(good, bad, MOST + number) for number in range(confirming)])
    out.ratio = math.exp(float(signedrank.estimate(fresh)))
    out.low, out.high = (math.exp(end) for end in signedrank.interval(fresh, 0.95))
    out.p_value = signedrank.p_value(fresh - margin)
    out.ending = Ending.NAMED if out.p_value <= alpha else Ending.NOT_CONFIRMED
    return out


def _sample(pairs: Pairs, base: int, head: int, middle: float) -> np.ndarray:
    """As many pairs as it takes to tell on which side of the middle they are, or the most."""
    d: list[float] = []
    while len(d) < MOST:
        d.append(pairs(base, head, len(d)))
        if len(d) >= FEWEST and _certain(d, middle):
            break
    return np.array(d)


def _certain(d: Sequence[float], middle: float) -> bool:
    values = np.array(d)
    deviation = NORMAL_MAD * float(np.median(np.abs(values - np.median(values))))
    error = max(deviation, float(np.std(values, ddof=1)) / 2) / math.sqrt(len(values))
    return abs(float(signedrank.estimate(values)) - middle) > CERTAIN * error
