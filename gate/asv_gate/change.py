"""How much larger one value is than another, where they may be anything that a benchmark gives."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LARGEST = 20.0  # of ln(ratio): what has no ratio, or a greater one, counts as such


def log_ratio(base: ArrayLike, head: ArrayLike) -> NDArray[np.float64]:
    """The natural logarithm of head / base, element by element, and what stands for it where there is none.

    Neither side is special: exchanged, they give the same with the other sign. Of two negative values the greater is
    the larger, by the ratio of their sizes. From zero to another value, from one sign to the other, and from
    a finite value to an infinite one, the change is `LARGEST` in its direction. Two equal values have none.

    Parameters
    ----------
    base, head
        Values, finite or infinite. NaN gives NaN.

    """
    base, head = np.asarray(base, float), np.asarray(head, float)
    with np.errstate(all="ignore"):
        sizes = np.log(np.abs(head)) - np.log(np.abs(base))
        change = np.where(base < 0, -sizes, sizes)
        apart = np.sign(base) * np.sign(head) <= 0
        change = np.where(apart | ~np.isfinite(change), np.sign(head - base) * LARGEST, change)
    change = np.where(base == head, 0.0, np.clip(change, -LARGEST, LARGEST))
    return np.where(np.isnan(base) | np.isnan(head), np.nan, change)
