"""Which commit of a line made a benchmark slower: bisection on pairs, and one test that the answer stands on.

The search only proposes a commit; pairs that it has not used decide about it, and what is not
confirmed is searched again with more pairs, a share of alpha each. So the whole search has one
error rate, alpha: that it names a commit which is not slower than the one before it. How often the
search itself goes astray changes what is found, and not how often that is wrong.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from asv_gate import signedrank

MOST = 40  # pairs of a step
# A search whose commit is not confirmed is made again with more pairs, since a burst may have led it astray: for each
# attempt the pairs that a step has at least, and its share of alpha.
ATTEMPTS = ((4, 1 / 2), (12, 1 / 4), (MOST, 1 / 4))
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
    margin, last = math.log1p(threshold), length - 1
    pairs = _remembered(pairs)
    out = Search(Ending.NO_CHANGE, 0, last)
    for attempt, (fewest, share) in enumerate(ATTEMPTS):
        # Whether there is anything to look for. This proves nothing, and is only meant to save the search.
        whole = _sample(pairs, 0, last, middle=margin, fewest=fewest)
        effect = float(signedrank.estimate(whole))
        out.steps.append(Step(last, math.exp(effect), len(whole), effect > margin))
        if effect <= margin:
            return replace(out, ending=Ending.NO_CHANGE, last_good=0, first_bad=last, ratio=math.exp(effect))
        good, bad = _bisected(pairs, out, last, middle=effect / 2, fewest=fewest)
        out.last_good, out.first_bad = good, bad
        first = MOST + attempt * confirming
        fresh = np.array([pairs(good, bad, first + number) for number in range(confirming)])
        out.ratio = math.exp(float(signedrank.estimate(fresh)))
        out.low, out.high = (math.exp(end) for end in signedrank.interval(fresh, 0.95))
        out.p_value = signedrank.p_value(fresh - margin)
        out.ending = Ending.NAMED if out.p_value <= alpha * share else Ending.NOT_CONFIRMED
        if out.ending is Ending.NAMED:
            break
    return out


def _bisected(pairs: Pairs, out: Search, bad: int, *, middle: float, fewest: int) -> tuple[int, int]:
    """The last good commit and the first bad one, as far as pairs with the first commit of the line tell."""
    good = 0
    while candidates := [at for at in range(good + 1, bad) if at not in out.skipped]:
        at = min(candidates, key=lambda at: abs(2 * at - good - bad))
        try:
            d = _sample(pairs, 0, at, middle=middle, fewest=fewest)
        except CannotMeasure as error:
            out.skipped[at] = str(error)
            continue
        estimate = float(signedrank.estimate(d))
        slower = estimate > middle
        out.steps.append(Step(at, math.exp(estimate), len(d), slower))
        good, bad = (good, at) if slower else (at, bad)
    return good, bad


def _remembered(pairs: Pairs) -> Pairs:
    """The same pairs, each measured once: a later attempt goes on with those of the earlier ones."""
    known: dict[tuple[int, int, int], float] = {}

    def pair(base: int, head: int, number: int) -> float:
        key = base, head, number
        if key not in known:
            known[key] = pairs(base, head, number)
        return known[key]

    return pair


def _sample(pairs: Pairs, base: int, head: int, *, middle: float, fewest: int) -> np.ndarray:
    """As many pairs as it takes to tell on which side of the middle they are, or the most."""
    d: list[float] = []
    while len(d) < MOST:
        d.append(pairs(base, head, len(d)))
        if len(d) >= fewest and _certain(d, middle):
            break
    return np.array(d)


def _certain(d: Sequence[float], middle: float) -> bool:
    values = np.array(d)
    deviation = NORMAL_MAD * float(np.median(np.abs(values - np.median(values))))
    error = max(deviation, float(np.std(values, ddof=1)) / 2) / math.sqrt(len(values))
    return abs(float(signedrank.estimate(values)) - middle) > CERTAIN * error
