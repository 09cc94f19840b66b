"""The noise of pairs: how far a benchmark's d scatters, where it has only a few of them."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

PRIOR_PAIRS = 4  # what a benchmark's own noise is weighed against: all benchmarks' noise counts as so many pairs
NORMAL_MAD = 1.4826
SMALLEST = 1e-6  # a noise that is none


def scales(screened: np.ndarray) -> np.ndarray:
    """The noise of one pair of each benchmark, as a standard deviation.

    It is the median absolute deviation, drawn towards that of all benchmarks: a benchmark has few
    pairs, whose own deviation says little; and one burst must not hide it.

    Parameters
    ----------
    screened
        d of (benchmarks, pairs); NaN where there is none.

    """
    known = np.flatnonzero(~np.isnan(screened[:, 0])) if screened.shape[1] else np.empty(0, int)
    if not len(known):
        return np.zeros(len(screened))
    d = screened[known]
    pairs = np.count_nonzero(~np.isnan(d), axis=1)
    deviation = np.abs(d - np.where(pairs > 1, medians(d), 0.0)[:, np.newaxis])  # of one pair, from no change
    own = (NORMAL_MAD * medians(deviation)) ** 2
    pairs = np.maximum(pairs - 1, 0)
    # Where a coarse clock makes most pairs equal, the deviations that there are must still count.
    rest = np.sort(deviation[~np.isnan(deviation)])[: math.ceil(0.75 * np.count_nonzero(~np.isnan(d)))]
    prior = max(float(np.median(own)), float(rest.mean()) ** 2)
    found = np.full(len(screened), math.sqrt(prior))
    found[known] = np.sqrt((PRIOR_PAIRS * prior + pairs * own) / (PRIOR_PAIRS + pairs))
    return found


def medians(d: np.ndarray) -> np.ndarray:
    """Of each row, of what is no NaN: as np.nanmedian, and for few values many times as quick."""
    ordered = np.sort(d, axis=1)  # NaN last
    count = np.count_nonzero(~np.isnan(d), axis=1)
    rows = np.arange(len(d))
    return np.asarray((ordered[rows, (count - 1) // 2] + ordered[rows, count // 2]) / 2)


def residuals(samples: Iterable[np.ndarray], of: Sequence[float]) -> np.ndarray:
    """The noise of all pairs, in units of their benchmark's: shared, since a benchmark has few of its own.

    Parameters
    ----------
    samples
        d of each benchmark's pairs.
    of
        The noise of each.

    """
    found = [np.zeros(0)]
    for d, scale in zip(samples, of, strict=True):
        if len(d) > 1 and scale > SMALLEST:
            # A sample's own median takes a part of the noise with it.
            found.append((d - np.median(d)) / scale * math.sqrt(len(d) / (len(d) - 1)))
    noise = np.concatenate(found)
    return np.concatenate([noise, -noise]) if len(noise) else np.zeros(1)
