"""Two stages with a bounded queue between them: producers parse records, consumers hash them.

Both stages are pure Python, bound by the GIL, and cost about the same, so that the best there is
to gain is the number of workers, half of them in each stage. What is lost to it is the queue's: a
message for every record, and the waiting of a stage that finds the queue full or empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.contract.checking import require_equal
from kernels.contract.coordination import Member, TaskPool, Together, Tools
from kernels.contract.workload import Run

if TYPE_CHECKING:
    from kernels.mpi.ranks import Rank

SIZES = {"S": 16, "M": 160, "L": 1600}  # records
NUMBERS = 1024  # in a record
LARGEST = 10**5  # exclusive
ROOM = 8  # records that the queue holds
END = None  # what a consumer takes from the queue as its last: there is one for each

# FNV-1a with 64 bits (Fowler, Noll and Vo).
BASIS = 0xCBF29CE484222325
PRIME = 0x100000001B3
MASK = 2**64 - 1


@dataclass(frozen=True)
class Problem:
    """`records`: lines of decimal numbers with a comma between, shape (n,), bytes."""

    records: np.ndarray

    def __len__(self) -> int:
        return len(self.records)


def problem(size: int, seed: int = 0) -> Problem:
    """`size` records of random numbers."""
    numbers = np.random.default_rng(seed).integers(LARGEST, size=(size, NUMBERS))
    records = np.array([",".join(map(str, row)).encode() for row in numbers.tolist()])
    records.flags.writeable = False
    return Problem(records)


def parse(record: bytes) -> bytes:
    """The first stage: the numbers in a record, read digit by digit, as 4 bytes each."""
    packed, number = bytearray(), 0
    for byte in record:
        if byte == 0x2C:
            packed += number.to_bytes(4, "little")
            number = 0
        elif 0x30 <= byte <= 0x39:
            number = 10 * number + byte - 0x30
        else:
            raise ValueError(f"a record holds digits and commas, not {chr(byte)!r}")
    packed += number.to_bytes(4, "little")
    return bytes(packed)


def digest(packed: bytes) -> int:
    """The second stage: their hash, byte by byte."""
    value = BASIS
    for byte in packed:
        value = (value ^ byte) * PRIME & MASK
    return value


def serial(problem: Problem) -> np.ndarray:
    """Both stages for each record in turn: shape (n,), uint64, the records' hashes."""
    return np.fromiter(map(digest, map(parse, problem.records.tolist())), np.uint64, len(problem))


def pool(problem: Problem, pool: TaskPool) -> np.ndarray:
    """The records of the second stage are the first's answers, in order; Pool's queues have no bound."""
    return np.fromiter(pool.imap(digest, pool.imap(parse, problem.records.tolist())), np.uint64, len(problem))


def state(problem: Problem, workers: int, make: Tools) -> dict[str, Any]:
    """The queue between the stages, and room for the hashes."""
    return {"queue": make.queue(ROOM), "digests": make.array((len(problem),), np.uint64)}


def threaded(problem: Problem, together: Together) -> np.ndarray:
    """Half of the workers parse, the others hash."""
    digests: np.ndarray = together.state.digests
    digests.fill(0)
    together.everyone(_work)
    return digests


shared = threaded  # the queue is the threads' or the processes'; the rest is the same


def _work(member: Member) -> None:
    """The first half of the workers are producers; a single worker is both, record by record."""
    queue, producers = member.state.queue, member.workers // 2
    if member.workers == 1:
        for number, record in _records(member, 1):
            queue.put((number, parse(record)))
            _place(member, *queue.get())
    elif member.rank < producers:
        _produce(member, producers)
    else:
        _consume(member)


def _records(member: Member, producers: int) -> Iterator[tuple[int, bytes]]:
    """A producer's records with their positions, until somebody fails."""
    for number in range(member.rank, len(member.problem), producers):
        if member.stopping:
            return
        yield number, member.problem.records[number]


def _produce(member: Member, producers: int) -> None:
    """Parse, and in the end, whatever happens, send a share of the end marks.

    No producer is without a mark to send, since there are no fewer consumers: so the last mark in
    the queue is behind all records.
    """
    consumers = member.workers - producers
    try:
        for number, record in _records(member, producers):
            member.state.queue.put((number, parse(record)))
    finally:
        for _ in range(member.rank, consumers, producers):
            member.state.queue.put(END)


def _consume(member: Member) -> None:
    """Hash what comes, up to an end mark: after a failure without hashing, since producers wait for room."""
    failure = None
    for message in iter(member.state.queue.get, END):
        try:
            if not member.stopping:
                _place(member, *message)
        except Exception as error:
            member.stop()
            failure = error
    if failure is not None:
        raise failure


def _place(member: Member, number: int, packed: bytes) -> None:
    """Put a hash where it belongs: added to 0, so that a record that comes twice shows like one that is lost."""
    member.state.digests[number] += np.uint64(digest(packed))


def amount(problem: Problem) -> tuple[float, str]:
    """A message for each record, whatever carries it."""
    return float(len(problem)), "messages"


def mpi(rank: Rank) -> AbstractContextManager[Run]:
    """The version that passes messages, in a file of its own: ``_pipeline_mpi.py``."""
    from kernels.workloads import _pipeline_mpi

    return _pipeline_mpi.mpi(rank)


def check(problem: Problem, answer: np.ndarray) -> None:
    """The records by NumPy's parser, and all hashes side by side in unsigned arithmetic, which wraps by itself."""
    text = b",".join(problem.records.tolist()).decode()
    numbers = np.fromstring(text, "<u4", sep=",").reshape(len(problem), -1)
    hashes = np.full(len(problem), BASIS, np.uint64)
    for column in numbers.view(np.uint8).T:
        hashes = (hashes ^ column) * np.uint64(PRIME)
    require_equal(answer, hashes)
