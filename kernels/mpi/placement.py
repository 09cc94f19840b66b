"""Brings a problem's arrays to the ranks, and their parts of an array answer back: as buffers, never pickled.

Rank 0 has the problem. An array of which every rank sees something else is scattered, so that each
holds its own part and no more. One that all see whole is broadcast to one rank of each host, into
memory that the ranks of that host share. The rest of a problem, a few numbers, is pickled.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kernels.contract.workload import Problem

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class Slot:
    """Stands for an array, of this shape at the rank that gets this, until the array is there."""

    shape: tuple[int, ...]
    dtype: Any
    common: bool  # the same array for every rank


@contextmanager
def placed(comm: Any, portions: list[Problem | None]) -> Iterator[Problem | None]:
    """What rank 0 has for each rank in `portions`, views of its arrays, in that rank's own memory.

    At the other ranks `portions` is empty. A rank whose portion is None gets None. The arrays are
    read-only, and there until the context is left, together by all.
    """
    kind, fields = comm.scatter(_described(portions) if comm.rank == 0 else None)
    windows: list[Any] = []
    for name, slot in fields.items():
        if isinstance(slot, Slot):
            pieces = [None if portion is None else getattr(portion, name) for portion in portions]
            if slot.common:
                window, fields[name] = _shared(comm, slot, pieces)
                windows.append(window)
            else:
                fields[name] = _scattered(comm, slot, pieces)
            fields[name].flags.writeable = False
    yield None if kind is None else kind(**fields)
    for window in windows:  # not after an exception: freeing waits for all, and this rank may be alone with it
        window.Free()


def _described(portions: list[Problem | None]) -> list[tuple[type | None, dict[str, Any]]]:
    """For each rank the class of its portion and the fields, with slots for the arrays."""
    import numpy as np

    known = [portion for portion in portions if portion is not None]
    described: list[tuple[type | None, dict[str, Any]]] = []
    for portion in portions:
        fields = {}
        for field in dataclasses.fields(known[0]):
            value = getattr(known[0] if portion is None else portion, field.name)
            if isinstance(value, np.ndarray) and not value.dtype.hasobject:
                common = all(_same_memory(value, getattr(other, field.name)) for other in known)
                shape = value.shape if common or portion is not None else (0,)
                value = Slot(shape, value.dtype, common)
            fields[field.name] = value
        described.append((None if portion is None else type(portion), fields))
    return described


def _same_memory(one: np.ndarray, other: np.ndarray) -> bool:
    return (one.ctypes.data, one.shape, one.strides) == (other.ctypes.data, other.shape, other.strides)


def _shared(comm: Any, slot: Slot, pieces: list[Any]) -> tuple[Any, np.ndarray]:
    """One copy for all ranks of a host, and the window whose memory it is in."""
    import numpy as np
    from mpi4py import MPI

    host = comm.Split_type(MPI.COMM_TYPE_SHARED, key=comm.rank)
    leaders = comm.Split(0 if host.rank == 0 else MPI.UNDEFINED, key=comm.rank)
    size = slot.dtype.itemsize * int(np.prod(slot.shape, dtype=object))
    window = MPI.Win.Allocate_shared(max(1, size) if host.rank == 0 else 0, 1, comm=host)
    memory: Any = window.Shared_query(0)[0]
    array: np.ndarray = np.ndarray(slot.shape, slot.dtype, memory)
    window.Fence()
    if comm.rank == 0:
        array[...] = next(piece for piece in pieces if piece is not None)
    if host.rank == 0:
        leaders.Bcast([bytes_of(array), MPI.BYTE])
        leaders.Free()
    window.Fence()  # what the leader wrote is there for all
    host.Free()
    return window, array


def _scattered(comm: Any, slot: Slot, pieces: list[Any]) -> np.ndarray:
    import numpy as np
    from mpi4py import MPI

    array: np.ndarray = np.empty(slot.shape, slot.dtype)
    sent = None
    if comm.rank == 0:
        pieces = [np.empty(0, slot.dtype) if piece is None else piece for piece in pieces]
        buffer, starts = _in_one(pieces)
        sent = [buffer, [piece.nbytes for piece in pieces], starts, MPI.BYTE]
    comm.Scatterv(sent, [bytes_of(array), MPI.BYTE])
    return array


def _in_one(pieces: list[np.ndarray]) -> tuple[Any, list[int]]:
    """A buffer that holds all pieces, and where in it each starts, in bytes.

    That is the memory they are in where each is contiguous and none overlaps the next (Scatterv
    may read nothing twice), and else a copy.
    """
    import numpy as np
    from mpi4py import MPI

    filled = [piece for piece in pieces if piece.size]
    starts = [piece.ctypes.data for piece in filled]
    ends = [start + piece.nbytes for start, piece in zip(starts, filled, strict=True)]
    in_place = all(piece.flags.c_contiguous for piece in filled)
    if in_place and all(end <= start for end, start in zip(ends, starts[1:], strict=False)):
        known = iter(starts)
        first = starts[0] if starts else 0
        buffer = MPI.buffer.fromaddress(first, ends[-1] - first) if starts else bytearray()
        return buffer, [next(known) - first if piece.size else 0 for piece in pieces]
    sizes = [piece.nbytes for piece in pieces]
    packed = np.empty(sum(sizes), np.uint8)
    edges = np.cumsum([0, *sizes]).tolist()
    for piece, lo, hi in zip(pieces, edges, edges[1:], strict=False):
        packed[lo:hi].view(piece.dtype).reshape(piece.shape)[...] = piece
    return packed, edges[:-1]


def gather(comm: Any, rows: list[tuple[int, int]], mine: np.ndarray | None, out: np.ndarray | None) -> None:
    """Every rank's part of an array answer to its `rows`, from lo to hi, of `out` at rank 0.

    Rank 0 has its own part there already; `rows` holds those of all ranks.
    """
    from mpi4py import MPI

    if out is None:
        comm.Gatherv([b"" if mine is None else bytes_of(mine), MPI.BYTE], None)
        return
    row = out[:1].nbytes
    counts = [(hi - lo) * row for lo, hi in rows]
    comm.Gatherv(MPI.IN_PLACE, [bytes_of(out), counts, [lo * row for lo, _ in rows], MPI.BYTE])


def bytes_of(array: np.ndarray) -> np.ndarray:
    """The memory of a contiguous array, as bytes."""
    import numpy as np

    return array.reshape(-1).view(np.uint8)
