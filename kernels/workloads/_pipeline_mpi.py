"""The version of `pipeline` for MPI: each record is a message from a producer to a consumer."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from kernels.contract.workload import Run
from kernels.mpi.ranks import Rank
from kernels.workloads.pipeline import ROOM, digest, parse, serial

TAGS = 2**15  # that every MPI has: a message is of the record with this number, among the few under way


@contextmanager
def mpi(rank: Rank) -> Iterator[Run]:
    """Each record goes from its producer to the next consumer in turn, as one message.

    Sends are synchronous, complete when they are received, and a producer has a share of the
    queue's room under way: so the stages hold no more records between them than the queue does.
    """
    from mpi4py import MPI

    comm, records, status = rank.comm, rank.problem.records, MPI.Status()
    producers = comm.size // 2
    consumers = comm.size - producers
    digests = np.zeros(len(records), np.uint64)
    total = np.zeros(len(records), np.uint64) if rank.number == 0 else None

    def produce() -> None:
        under_way: deque[Any] = deque()
        for number in range(rank.number, len(records), producers):
            if len(under_way) == max(1, ROOM // producers):
                under_way.popleft().Wait()
            under_way.append(comm.Issend(parse(records[number]), producers + number % consumers, number % TAGS))
        for request in under_way:
            request.Wait()

    def consume() -> None:
        for number in range(rank.number - producers, len(records), consumers):
            message = comm.Mprobe(number % producers, number % TAGS, status)
            packed = bytearray(status.Get_count())
            message.Recv(packed)
            digests[number] += np.uint64(digest(bytes(packed)))

    def run() -> np.ndarray | None:
        digests.fill(0)
        if comm.size == 1:
            digests[:] = serial(rank.problem)
        elif rank.number < producers:
            produce()
        else:
            consume()
        comm.Reduce(digests, total)
        return total

    yield run
