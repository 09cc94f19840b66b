"""Whether two answers are the same, whatever they are made of."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from typing import Any

REDUCED_RTOL = 1e-9  # sums of floating-point numbers that are added in another order


def difference(answer: Any, expected: Any, rtol: float = 0.0) -> str | None:
    """Where an answer differs from the one that is expected, or None: numbers within `rtol`, all else exactly.

    NaN is equal to NaN here: this asks whether two ways of computing agree.
    """
    import numpy as np

    if isinstance(answer, np.ndarray) or isinstance(expected, np.ndarray):
        return _of_arrays(answer, expected, rtol)
    if isinstance(expected, (list, tuple)):
        return _of_sequences(answer, expected, rtol)
    if isinstance(expected, Mapping):
        if not isinstance(answer, Mapping) or answer.keys() != expected.keys():
            return f"{_short(answer)} and not {_short(expected)}"
        return _first({key: difference(answer[key], expected[key], rtol) for key in expected})
    if isinstance(expected, (float, complex, np.inexact)) and isinstance(answer, (int, float, complex, np.number)):
        same = bool(np.isclose(answer, expected, rtol=rtol, atol=0.0, equal_nan=True))
        return None if same else f"{answer!r} and not {expected!r}"
    return None if _equal(answer, expected) else f"{_short(answer)} and not {_short(expected)}"


def _of_arrays(answer: Any, expected: Any, rtol: float) -> str | None:
    import numpy as np

    try:
        one, other = np.asarray(answer), np.asarray(expected)
    except ValueError:  # of rows of different lengths
        return _of_sequences(list(answer), list(expected), rtol)
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return f"{one.dtype} of shape {one.shape} and not {other.dtype} of shape {other.shape}"
    if one.dtype.kind == "O":
        return _of_sequences(list(one.flat), list(other.flat), rtol)
    numbers = one.dtype.kind in "fc"
    if numbers and rtol:
        right = np.isclose(one, other, rtol=rtol, atol=0.0, equal_nan=True)
    else:
        right = one == other
        if numbers:
            right |= np.isnan(one) & np.isnan(other)
    right = np.asarray(right)
    if right.all():
        return None
    where = tuple(int(i) for i in np.argwhere(~right)[0])
    return (
        f"{np.count_nonzero(~right)} of {right.size} elements differ: at {where} {one[where]!r}, not {other[where]!r}"
    )


def _of_sequences(answer: Any, expected: Any, rtol: float) -> str | None:
    if not isinstance(answer, (list, tuple)) or len(answer) != len(expected):
        return f"{_short(answer)} and not {_short(expected)}"
    if not rtol and _equal(answer, expected):
        return None
    for number, (one, other) in enumerate(zip(answer, expected, strict=True)):
        found = difference(one, other, rtol)
        if found is not None:
            return f"at {number} {found}"
    return None


def _equal(answer: Any, expected: Any) -> bool:
    """By what the type says is equal, and where that says no, by what is pickled: objects may not have said it."""
    try:
        if bool(answer == expected):
            return type(answer) is type(expected) or isinstance(answer, (int, float, complex))
    except Exception:  # noqa: S110 - what has no single truth, such as a table of pandas
        pass
    if isinstance(answer, (int, str, bytes)) or type(answer) is not type(expected):
        return False
    return _pickled(answer) == _pickled(expected)  # of what cannot be pickled either, the type was compared


def _pickled(what: Any) -> bytes | None:
    try:
        return pickle.dumps(what)
    except Exception:
        return None


def _first(found: dict[Any, str | None]) -> str | None:
    return next((f"at {key!r} {told}" for key, told in found.items() if told is not None), None)


def _short(what: Any) -> str:
    text = repr(what)
    return text if len(text) <= 60 else f"{text[:57]}..."


def has_floats(answer: Any) -> bool:
    """Whether an answer has floating-point numbers in it, which sums in another order may change."""
    import numpy as np

    if isinstance(answer, np.ndarray):
        return answer.dtype.kind in "fc"
    if isinstance(answer, (list, tuple)):
        return any(map(has_floats, answer))
    if isinstance(answer, Mapping):
        return any(map(has_floats, answer.values()))
    return isinstance(answer, (float, complex, np.inexact)) and not math.isnan(abs(answer))
