"""Processes, started once, that see the problem's arrays and the answer's in ``mp.Array`` memory.

The arrays are copied there once, when the team opens. After that a task is two numbers, and an
array answer is written where it belongs: nothing array-sized is pickled.
"""

import contextlib
import ctypes
import dataclasses
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

from kernels.crew import Crew
from kernels.workload import Answer, Portable, Problem, join, room, solve, spans

HAS_WORKERS = TAKES_START_METHOD = True
ALIGNMENT = 64  # bytes: a cache line, which vector instructions like their data to start on


class SharedArray:
    """An array in ``mp.Array`` memory; reaches a process through its arguments, as mp.Array does.

    No lock goes with it: workers write to disjoint slices.
    """

    def __init__(self, context: BaseContext, like: np.ndarray) -> None:
        if like.dtype.hasobject:
            raise ValueError(f"an array that is shared must hold plain values, not {like.dtype}")
        self.shape, self.dtype = like.shape, like.dtype
        self.memory: Any = context.Array(ctypes.c_byte, like.nbytes + ALIGNMENT, lock=False)

    def view(self) -> np.ndarray:
        start = -ctypes.addressof(self.memory) % ALIGNMENT
        return np.ndarray(self.shape, self.dtype, self.memory, start)


@dataclasses.dataclass
class Placed:
    """A problem as it travels to the workers: its class, and its fields with their arrays shared."""

    kind: type
    fields: dict[str, Any]

    @classmethod
    def copy(cls, problem: Problem, context: BaseContext) -> "Placed":
        fields = {field.name: getattr(problem, field.name) for field in dataclasses.fields(problem)}
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                fields[name] = SharedArray(context, value)
                fields[name].view()[...] = value
        return cls(type(problem), fields)

    def view(self) -> Problem:
        fields = dict(self.fields)
        for name, value in fields.items():
            if isinstance(value, SharedArray):
                fields[name] = value.view()
                fields[name].flags.writeable = False
        return self.kind(**fields)


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    placed = Placed.copy(problem, context)
    array = room(workload, problem)
    shared_out = None if array is None else SharedArray(context, array)
    del array  # its shape was all that mattered, and no page of it was touched
    out = None if shared_out is None else shared_out.view()
    crew = Crew(context, workers, _arrive, Portable(workload), placed, shared_out)

    def run() -> Answer:
        answers = crew.map(_solve_span, spans(len(problem), workers))
        return join(workload, answers, None) if out is None else out

    try:
        yield run
    finally:
        crew.close()


State = tuple[Any, Problem, Any]  # in a worker: the workload, the problem, and room for the answer


def _arrive(portable: Portable, placed: Placed, shared_out: SharedArray | None) -> State:
    return portable.workload, placed.view(), None if shared_out is None else shared_out.view()


def _solve_span(state: State, lo: int, hi: int) -> Answer:
    workload, problem, out = state
    part = workload.part(problem, lo, hi)
    if out is None:
        return solve(workload, part, None)
    solve(workload, part, out[lo:hi])
    return None
