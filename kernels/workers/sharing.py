"""Arrays and problems in ``mp.Array`` memory, which worker processes see without copying."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import shutil
import tempfile
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernels.contract.workload import Problem
from kernels.machine import cgroup

if TYPE_CHECKING:  # NumPy is imported where it is used: workers of pure-Python workloads start without it
    import numpy as np

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the place, not a file in it
ALIGNMENT = 64  # bytes: a cache line, on which vector instructions like their data to start


class SharedArray:
    """Room for an array of this shape and type, filled with zeros.

    It reaches a process through the arguments that start it, as mp.Array does. No lock goes with
    it: workers write to disjoint slices, or hold a lock of their own.

    Raises MemoryError where the memory is not there, before any page of it is touched: a page
    that cannot be had later ends the process with SIGBUS.
    """

    def __init__(self, context: BaseContext, shape: tuple[int, ...], dtype: Any) -> None:
        import numpy as np

        self.shape, self.dtype = shape, np.dtype(dtype)
        if self.dtype.hasobject:
            raise ValueError(f"an array that is shared must hold plain values, not {self.dtype}")
        size = self.dtype.itemsize
        for length in shape:
            size *= length
        require_space(size)
        self.memory: Any = context.Array(ctypes.c_byte, size + ALIGNMENT, lock=False)

    def view(self) -> np.ndarray:
        """The array itself, as this process sees it."""
        import numpy as np

        start = -ctypes.addressof(self.memory) % ALIGNMENT
        array: np.ndarray = np.ndarray(self.shape, self.dtype, self.memory, start)
        return array


@dataclasses.dataclass
class SharedProblem:
    """A problem on its way to the workers: its class, and its fields with the arrays shared."""

    kind: type
    fields: dict[str, Any]

    @classmethod
    def of(cls, problem: Problem, context: BaseContext) -> SharedProblem:
        """Copy the problem's arrays into shared memory."""
        import numpy as np

        fields = {field.name: getattr(problem, field.name) for field in dataclasses.fields(problem)}
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                fields[name] = SharedArray(context, value.shape, value.dtype)
                fields[name].view()[...] = value
        return cls(type(problem), fields)

    def view(self) -> Problem:
        """The problem, with read-only views of the shared arrays."""
        fields = dict(self.fields)
        for name, value in fields.items():
            if isinstance(value, SharedArray):
                fields[name] = value.view()
                fields[name].flags.writeable = False
        return self.kind(**fields)


def require_space(size: int) -> Path:
    """Where multiprocessing puts `size` bytes of shared memory; MemoryError where they cannot be had.

    That is /dev/shm where it has the room, and else the folder for temporary files.
    """
    places = [SHARED_MEMORY, Path(tempfile.gettempdir())]
    free = {}
    for place in places:
        with contextlib.suppress(OSError):  # it is not there, or nothing of it may be asked
            free[place] = shutil.disk_usage(place).free
    memory = available_memory()
    if size > max(free.values(), default=0) or (memory is not None and size > memory):
        known = ", ".join(f"{place} has {room / 2**20:.0f} MiB free" for place, room in free.items())
        if memory is not None:
            known += f", and {memory / 2**20:.0f} MiB of memory can be had"
        raise MemoryError(f"no room for {size / 2**20:.0f} MiB of shared memory: {known}")
    return next(place for place, room in free.items() if room >= size)


def available_memory(root: Path = Path("/")) -> int | None:
    """Bytes that this process can still allocate without swapping, or None where the system does not say.

    The least of what the machine has left and what each limit on the process's container leaves.
    `root` stands for the file system's root.
    """
    left = [1024 * kib for kib in _named(root / "proc/meminfo", "MemAvailable:")]
    for folder in cgroup.folders("memory", root):
        reclaimable = sum(_named(folder / "memory.stat", "inactive_file"))  # cached files, given up on demand
        for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            most, now = cgroup.number(folder / limit), cgroup.number(folder / used)
            if most is not None and now is not None:
                left.append(max(0, most - now + reclaimable))
    return min(left, default=None)


def _named(file: Path, name: str) -> list[int]:
    """The numbers in the lines of a file that start with this word."""
    try:
        lines = [line.split() for line in file.read_text().splitlines()]
    except (OSError, ValueError):
        return []
    return [int(words[1]) for words in lines if words[:1] == [name] and words[1:]]
