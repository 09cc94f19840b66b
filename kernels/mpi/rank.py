"""What a rank does that a team has started: it is called through a socket, and ends with the team's process.

Between two runs it waits at the socket and takes no CPU time; a rank that waits in a call of MPI keeps a CPU busy.
"""

import contextlib
import os
import pickle
import socket
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

from kernels.contract.workload import Problem
from kernels.mpi import memory_files
from kernels.mpi.answer import mapped
from kernels.workers import stdlib
from kernels.workers.replies import packed, unpacked
from kernels.workers.signals import settle_in_worker

FILES_HANDED = 4  # to each rank: standard output and error, the lifeline, and the memory of an array answer


def main() -> None:
    """Connect to the team's socket, whose path is the last argument, and answer its calls until None is sent."""
    settle_in_worker()
    join = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    join.connect(sys.argv[-1])
    _, (output, errors, lifeline, memory), _, _ = socket.recv_fds(join, 1, FILES_HANDED)
    os.dup2(output, 1)  # directly: mpiexec forwards output late, and mixes its own into it
    os.dup2(errors, 2)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    with Connection(join.detach()) as team:
        try:
            stdlib.prepare(team.recv())  # its path, its folder, its main module
            from mpi4py import MPI

            team.send((MPI.COMM_WORLD.rank, os.getpid()))
            memory_files.unlink_own()
            _serve(team, memory)
        except EOFError:  # the team's process is gone
            os._exit(1)


def _end_with(lifeline: int) -> None:
    """End this rank when the team's process ends, in whatever way, and whatever this rank waits for."""
    os.read(lifeline, 1)
    os._exit(1)


def _serve(team: Any, memory: int) -> None:
    from mpi4py import MPI

    from kernels.mpi.ranks import Phases, ready

    comm = MPI.COMM_WORLD
    with contextlib.ExitStack() as stack:
        try:
            _, (portable, described), _ = unpacked(team.recv_bytes())
            problem = received(team) if comm.rank == 0 else None
            out = None if described is None or comm.rank > 0 else mapped(memory, *described)
            run = stack.enter_context(ready(comm, portable.workload, problem, out, Phases()))
            del problem
        except Exception as error:
            team.send_bytes(packed(comm.rank, None, error))
            threading.Event().wait()  # until the team ends this rank: the others may wait for it
        team.send_bytes(packed(comm.rank, None, None))
        while team.recv():
            try:
                answer = run()
                reply = packed(comm.rank, None if out is not None else answer, None)
            except Exception as error:
                reply = packed(comm.rank, None, error)
            team.send_bytes(reply)


PIECE = 2**26  # bytes in a message


def sent(team: Any, parcel: tuple[bytes, list[pickle.PickleBuffer]]) -> None:
    """Send what `packed_apart` made: its arrays from where they are, in pieces."""
    head, buffers = parcel
    raws = [buffer.raw() for buffer in buffers]
    team.send((head, [raw.nbytes for raw in raws]))
    for raw in raws:
        for lo in range(0, raw.nbytes, PIECE):
            team.send_bytes(raw[lo : lo + PIECE])


def packed_apart(problem: Problem) -> tuple[bytes, list[pickle.PickleBuffer]]:
    """A problem as a pickle without its arrays, and the arrays' memory (PEP 574)."""
    buffers: list[pickle.PickleBuffer] = []
    return pickle.dumps(problem, protocol=5, buffer_callback=buffers.append), buffers


def received(team: Any) -> Problem:
    """What `sent` sent."""
    import numpy as np

    head, sizes = team.recv()
    buffers = [np.empty(size, np.uint8) for size in sizes]
    for buffer in buffers:
        for lo in range(0, len(buffer), PIECE):
            team.recv_bytes_into(buffer[lo : lo + PIECE])
    return pickle.loads(head, buffers=buffers)  # noqa: S301 - from the team's own process
