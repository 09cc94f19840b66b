"""The time of a message between two processes: by MPI, by a pipe, and through shared memory.

Half the time there and back, as ``osu_latency`` of the OSU micro-benchmarks takes it, and by the
same rule the least of several batches. Each way first carries a message whose content is looked at.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kernels.errors import WrongAnswer
from kernels.team import default_start_method, open
from kernels.workers.main_module import worker_context
from kernels.workers.sharing import SharedArray

WAYS = ("mpi", "mpi, bare", "pipe", "shared memory")
SIZES = {"S": 8, "M": 2**16, "L": 2**24}  # bytes
BATCH_SECONDS = 0.02
BATCHES = 8

Act = Callable[[], object]


@dataclass(frozen=True)
class Problem:
    """Messages of so many `bytes`."""

    bytes: int

    def __len__(self) -> int:
        return self.bytes


def problem(size: int, seed: int = 0) -> Problem:
    """Messages of `size` bytes, for which there is nothing to draw."""
    return Problem(size)


def check(problem: Problem, answer: float) -> None:
    """A time, in seconds; what was received is looked at where it is received."""
    if not answer > 0:
        raise WrongAnswer(f"a message takes some time, not {answer}")


def serial(problem: Problem) -> float:
    """A message to oneself is a copy."""
    buffer, copy = np.zeros((2, problem.bytes), np.uint8)

    def batch(count: int) -> None:
        for _ in range(count):
            np.copyto(copy, buffer)

    return _best(batch)


@contextmanager
def mpi(rank: Any) -> Iterator[Callable[[], float | None]]:
    """Between the first two ranks; rank 0 says how many trips there are in the next batch."""
    comm, there = rank.comm, 1 - rank.number
    buffer = np.zeros(rank.problem.bytes, np.uint8)

    def send() -> None:
        comm.Send(buffer, there)

    def receive() -> None:
        comm.Recv(buffer, there)

    def batch(count: int) -> None:
        comm.bcast(count)
        for _ in range(count):
            send()
            receive()

    def run() -> float | None:
        if rank.number == 0:
            comm.bcast(1)
            _look(buffer, send, receive)
            seconds = _best(batch) / 2
            comm.bcast(0)
            return seconds
        while count := comm.bcast(None):
            for _ in range(count if rank.number == 1 else 0):
                receive()
                send()
        return None

    yield run


def why_not(way: str) -> str | None:
    """Why there are no messages by this way here, or None."""
    from kernels.strategies.mpi import missing

    return missing() if way.startswith("mpi") else None


def one_way_seconds(way: str, size: int) -> float:
    """The time of a message of `size` bytes by one of `WAYS`."""
    if way == "mpi":
        with open(sys.modules[__name__], "mpi", workers=2, problem=Problem(size)) as team:
            return float(team.run())
    if way == "mpi, bare":
        from kernels.mpi.job import find_mpiexec

        loop = [sys.executable, str(Path(__file__).with_name("bare.py")), str(size), str(BATCH_SECONDS), str(BATCHES)]
        command = [find_mpiexec() or "mpiexec", "-n", "2", *loop]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60)
        return float(done.stdout)
    if way in ("pipe", "shared memory"):
        return _between(_pipe if way == "pipe" else _memory, size)
    raise ValueError(f"way must be one of {', '.join(map(repr, WAYS))}, not {way!r}")


def _between(end: Callable[..., tuple[Act, Act]], size: int) -> float:
    """The time between this process and another, which have an `end` each."""
    context: Any = worker_context(default_start_method(), None, None)
    ours, theirs = context.Pipe()
    memory = SharedArray(context, (size,), np.uint8)
    here, there = context.Semaphore(0), context.Semaphore(0)
    other = context.Process(target=_echo, args=(end, theirs, memory, there, here), daemon=True)
    other.start()
    theirs.close()
    buffer = np.zeros(size, np.uint8)
    send, receive = end(buffer, ours, memory, here, there)

    def batch(count: int) -> None:
        for _ in range(count):
            send()
            receive()

    try:
        _look(buffer, send, receive)
        return _best(batch) / 2
    finally:
        other.kill()
        other.join()
        ours.close()


def _echo(end: Callable[..., tuple[Act, Act]], pipe: Any, memory: SharedArray, here: Any, there: Any) -> None:
    """The other process: it sends back what it receives."""
    send, receive = end(np.zeros(memory.shape, np.uint8), pipe, memory, here, there)
    with contextlib.suppress(EOFError, OSError):  # the first process is gone
        while True:
            receive()
            send()


def _pipe(buffer: np.ndarray, pipe: Any, memory: SharedArray, here: Any, there: Any) -> tuple[Act, Act]:
    return lambda: pipe.send_bytes(buffer), lambda: pipe.recv_bytes_into(buffer)


def _memory(buffer: np.ndarray, pipe: Any, memory: SharedArray, here: Any, there: Any) -> tuple[Act, Act]:
    """Into shared memory and out of it, with a semaphore that says so to the other side."""
    shared = memory.view()

    def send() -> None:
        shared[:] = buffer
        there.release()

    def receive() -> None:
        here.acquire()
        buffer[:] = shared

    return send, receive


def _look(buffer: np.ndarray, send: Act, receive: Act) -> None:
    """One trip there and back, whose content must be the same."""
    sent = np.arange(len(buffer), dtype=np.uint32).view(np.uint8)[: len(buffer)] + np.uint8(1)
    buffer[:] = sent
    send()
    buffer[:] = 0
    receive()
    if not np.array_equal(buffer, sent):
        raise WrongAnswer("a message came back with another content")


def _best(batch: Callable[[int], object]) -> float:
    """Seconds per trip: the least of several batches, each of as many trips as take a moment."""

    def trip(count: int) -> float:
        begin = time.perf_counter()
        batch(count)
        return (time.perf_counter() - begin) / count

    count = max(1, int(BATCH_SECONDS / trip(3)))
    return min(trip(count) for _ in range(BATCHES))
