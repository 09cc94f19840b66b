"""Random problems of every workload that has parts, and what is in them."""

import dataclasses
from typing import Any

import numpy as np
from hypothesis import strategies as st

import kernels
from kernels.contract.workload import Independent

INDEPENDENT = [name for name in kernels.workloads() if isinstance(kernels.workload(name), Independent)]
COORDINATED = [name for name in kernels.workloads() if name not in INDEPENDENT]

LARGEST = 500  # what a size stands for is up to the workload: never more than S, nor than this

seeds = st.integers(0, 2**64)


def sizes_of(name: str) -> st.SearchStrategy[int]:
    return st.integers(1, min(kernels.workload(name).SIZES["S"], LARGEST))


def problems_of(name: str) -> st.SearchStrategy[Any]:
    return st.builds(kernels.problem, st.just(name), sizes_of(name), seeds)


def fields(problem: Any) -> dict[str, Any]:
    return {field.name: getattr(problem, field.name) for field in dataclasses.fields(problem)}


def arrays(problem: Any) -> dict[str, np.ndarray]:
    return {name: value for name, value in fields(problem).items() if isinstance(value, np.ndarray)}


def contents(problem: Any) -> dict[str, Any]:
    """Every field, arrays as their bytes."""
    return fields(problem) | {name: array.tobytes() for name, array in arrays(problem).items()}


def same(answer: Any, expected: Any) -> bool:
    """Equal to the last bit, and of the same type."""
    if isinstance(expected, np.ndarray):
        return answer.dtype == expected.dtype and np.array_equal(answer, expected)
    return type(answer) is type(expected) and bool(answer == expected)
