"""The way in from ``mpiexec``: every rank runs this, on as many hosts as the launcher has."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kernels.comparing.rates import work_of
from kernels.comparing.timing import Timing
from kernels.contract.parts import shared_answer
from kernels.contract.workload import AnyWorkload
from kernels.mpi import memory_files
from kernels.registry import find_strategy, find_workload, name_of
from kernels.team import problem_of, require_support

# What launchers tell a rank: Hydra and SLURM's PMI, PMIx (Open MPI, SLURM), Open MPI, Intel MPI.
SIGNS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MPI_LOCALRANKID")


def is_launched() -> bool:
    """Whether this process is a rank that a launcher started."""
    return any(sign in os.environ for sign in SIGNS)


@contextmanager
def aborting(comm: Any) -> Iterator[None]:
    """What a rank raises ends the whole job, with its traceback and exit code 1: others may wait for the rank."""
    try:
        yield
    except BaseException:
        sys.stderr.write(f"rank {comm.rank} of {comm.size}:\n{traceback.format_exc()}")
        sys.stderr.flush()
        comm.Abort(1)
        raise


def measure(workload: AnyWorkload, *, size: Any, seed: int, rounds: int) -> Timing | None:
    """Place the problem, run once to warm up, and then `rounds` times; rank 0's answers are all checked.

    Returns the times at rank 0, None elsewhere.
    """
    from mpi4py import MPI

    from kernels.mpi.ranks import Phases, ready
    from kernels.mpi.watchdog import watched

    comm = MPI.COMM_WORLD
    with aborting(comm), watched(comm):
        memory_files.unlink_own()
        module = find_workload(workload)
        require_support(module, find_strategy("mpi"))
        problem = problem_of(module, size, seed) if comm.rank == 0 else None
        out = shared_answer(module, problem) if comm.rank == 0 else None
        phases = Phases()
        comm.Barrier()
        begin = time.perf_counter()
        with ready(comm, module, problem, out, phases) as run:
            open_seconds = _longest(comm, time.perf_counter() - begin)
            scatter = _longest(comm, phases["scatter"])
            runs = []
            for _ in range(rounds + 1):
                phases.clear()
                comm.Barrier()
                begin = time.perf_counter()
                answer = run()
                seconds = _longest(comm, time.perf_counter() - begin)
                names = sorted(set().union(*comm.allgather(set(phases))))
                runs.append((seconds, {name: _longest(comm, phases.get(name, 0.0)) for name in names}))
                if comm.rank == 0:
                    module.check(problem, answer)
        hosts = _hosts(comm)
    if problem is None:
        return None
    name, items, times = name_of(module), len(problem), tuple(seconds for seconds, _ in runs[1:])
    work = work_of(module, problem)
    longest = {"scatter": scatter} | min(runs[1:], key=lambda each: each[0])[1]
    return Timing(name, "mpi", comm.size, hosts, size, items, open_seconds, times, longest, work)


def _longest(comm: Any, seconds: float) -> float:
    from mpi4py import MPI

    return float(comm.allreduce(seconds, MPI.MAX))


def _hosts(comm: Any) -> int:
    from mpi4py import MPI

    host = comm.Split_type(MPI.COMM_TYPE_SHARED, key=comm.rank)
    count = int(comm.allreduce(host.rank == 0))
    host.Free()
    return count
