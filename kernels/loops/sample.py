"""The items of a loop as a sequence, and so many of them as a sample takes."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterable
from typing import Any

MOST = 1_000_000  # items that are listed from what has no length
SECONDS = 10.0  # that listing them may take
KEPT = (list, tuple, range)


def listed(items: Any, vectorized: bool) -> tuple[Any, list[str]]:
    """The items as a list, a tuple, a range or a read-only array, with what is to be said of them.

    Raises
    ------
    ValueError
        Where there are none, or they are nothing that can be gone through.
    """
    import numpy as np

    notes: list[str] = []
    if isinstance(items, np.ndarray) and (not items.ndim or items.dtype.hasobject):
        if not items.ndim:
            raise ValueError("items must have a first axis to be cut along, not be an array of no dimension")
        items = list(items)
    if not isinstance(items, (*KEPT, np.ndarray)):
        items = _from_iterable(items, notes)
    if isinstance(items, range) and not _has_length(items):
        items = items[: sys.maxsize]
        notes.append("there are more items than can be counted: those from the first on are used")
    if len(items) == 0:
        raise ValueError("there must be at least 1 item, and there is none")
    if vectorized:
        items = np.asarray(items)
        if items.dtype.hasobject:
            raise ValueError("with vectorized the items must be an array of numbers, or what becomes one")
    if isinstance(items, np.ndarray):
        items = items.view()
        items.flags.writeable = False
    if len(items) == 1:
        notes.append("a single item cannot be cut: one worker does all of the work")
    return items, notes


def every(items: Any, count: int) -> Any:
    """So many of the items, from all over them, since the first ones may be cheaper than the last."""
    import numpy as np

    if count >= len(items):
        return items
    step = len(items) // count
    chosen: Any = items[: step * count : step]
    if isinstance(chosen, np.ndarray):
        chosen = np.ascontiguousarray(chosen)
        chosen.flags.writeable = False
    return chosen


def _from_iterable(items: Any, notes: list[str]) -> list[Any]:
    if not isinstance(items, Iterable):
        raise ValueError(
            "items must be a list, a range, an array or something else that can be gone through, "
            f"not {type(items).__name__} {items!r:.60}"
        )
    iterator = iter(items)
    found: list[Any] = []
    end = time.monotonic() + SECONDS
    while len(found) < MOST and time.monotonic() < end:
        more = list(itertools.islice(iterator, 1000))
        found += more
        if len(more) < 1000:
            notes.append(f"the items were a {type(items).__name__}, and were listed first ({len(found)} of them)")
            return found
    kind = type(items).__name__
    notes.append(f"the items were a {kind} without an end, or a late one: the first {len(found)} are used")
    return found


def _has_length(items: range) -> bool:
    try:
        return len(items) >= 0
    except OverflowError:
        return False
