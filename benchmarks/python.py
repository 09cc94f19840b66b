"""Python itself: what all times depend on, recorded beside them, so that a report can say which are not alike."""

from collections.abc import Callable
from typing import Any

import kernels


def level(python: dict[str, Any]) -> int | None:
    """The number of the compiler's -O; those that are none, as -Os, are not recorded."""
    flag: str = python.get("optimisation") or ""
    return int(flag[2:]) if flag[2:].isdecimal() else None


def configured(name: str) -> Callable[[dict[str, Any]], bool | None]:
    """Whether Python's configure was asked for this, where that is recorded."""
    return lambda python: None if python["build_flags"] is None else name in python["build_flags"]


FACTS: dict[str, Callable[[dict[str, Any]], int | None]] = {
    "GIL": lambda python: python["gil"],
    "free-threaded build": lambda python: python["free_threaded_build"],
    "JIT": lambda python: python["jit"],
    "PGO": configured("PGO"),
    "LTO": configured("LTO"),
    "BOLT": configured("BOLT"),
    "tail calls": configured("tail calls"),
    "debug": configured("debug"),
    "optimisation level": level,
}


class Build:
    """1 for yes and 0 for no, or the level; of the Python that runs the benchmarks, while it does.

    The GIL is asked for when NumPy and SciPy are imported, since an extension may switch it on in a
    free-threaded build. Where a benchmark's own imports do, it fails: ``teardown`` in common.py.

    What was configured is what configure was told: a distributor may have asked make for PGO or LTO
    instead, of which Python keeps no record.
    """

    params = (tuple(FACTS),)
    param_names = ("fact",)
    unit = "1 yes, 0 no, or a level"
    version = "1"

    def setup(self, fact: str) -> None:
        try:
            value = FACTS[fact](kernels.info()["python"])
        except KeyError:
            raise NotImplementedError("this version of kernels cannot tell") from None
        if value is None:
            raise NotImplementedError(f"this Python does not record it: {fact}")
        self.value = int(value)

    def track_fact(self, fact: str) -> int:
        return self.value
