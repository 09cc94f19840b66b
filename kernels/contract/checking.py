"""What the workloads' checks have in common: comparing arrays, and saying where they differ."""

import numpy as np

from kernels.errors import WrongAnswer


def require_equal(answer: object, expected: np.ndarray, rtol: float = 0.0) -> None:
    """Raise WrongAnswer unless `answer` is `expected`: shape, type and, within `rtol`, each element.

    With the default `rtol` the elements must be equal; NaN is never right.
    """
    if not isinstance(answer, np.ndarray):
        raise WrongAnswer(f"the answer must be an array, not {type(answer).__name__}")
    if (answer.shape, answer.dtype) != (expected.shape, expected.dtype):
        raise WrongAnswer(
            f"the answer must be {expected.dtype} of shape {expected.shape}, not {answer.dtype} of shape {answer.shape}"
        )
    right = np.isclose(answer, expected, rtol=rtol, atol=0) if rtol else answer == expected
    if not right.all():
        where = tuple(int(i) for i in np.argwhere(~right)[0])
        raise WrongAnswer(
            f"{np.count_nonzero(~right)} of {right.size} elements are wrong: "
            f"the first, at {where}, is {answer[where]!r} and must be {expected[where]!r}"
        )
