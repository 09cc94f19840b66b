"""The version of `stencil` for MPI: ranks on a line, each with its rows, which send their halos as messages."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from kernels.contract.parts import share
from kernels.contract.workload import Run
from kernels.mpi.placement import gather
from kernels.mpi.ranks import Rank
from kernels.workloads.stencil import RADIUS, Problem, add_star, room_for


def ranks_with_rows(n: int, ranks: int) -> int:
    """How many ranks take part: a halo reaches no farther than the neighbour, so each has at least RADIUS rows."""
    return max(1, min(ranks, n // RADIUS))


def portion(problem: Problem, rank: int, ranks: int) -> Problem | None:
    """What a rank needs under MPI: its rows with their halos."""
    n, active = len(problem), ranks_with_rows(len(problem), ranks)
    rows = share(n, rank, active)
    return Problem(problem.grid[rows.start : rows.stop + 2 * RADIUS], problem.rounds) if rank < active else None


@contextmanager
def mpi(rank: Rank) -> Iterator[Run]:
    """Each rank has its rows alone, and in every round sends those at its edges to its neighbours."""
    ranks, active = rank.comm.size, ranks_with_rows(rank.items, rank.comm.size)
    shares = [share(rank.items, min(number, active), active) for number in range(ranks)]
    rows = [(each.start, each.stop) if number < active else (0, 0) for number, each in enumerate(shares)]
    line = rank.comm.Create_cart([active], reorder=False)
    if rank.problem is None:
        yield lambda: gather(rank.comm, rows, None, None)
        return
    above, below = line.Shift(0, 1)
    seen = np.empty_like(rank.problem.grid)
    lo, hi = rows[rank.number]
    own = np.empty((hi - lo, rank.items)) if rank.out is None else rank.out[lo:hi]
    # The rows that this rank changes: at either end of the line, the border too.
    first, last = rank.number == 0, rank.number == active - 1
    changed = seen[0 if first else RADIUS : None if last else -RADIUS]
    room = room_for(rank.items)

    def exchange() -> None:
        line.Sendrecv(seen[RADIUS : 2 * RADIUS], above, recvbuf=seen[-RADIUS:], source=below)
        line.Sendrecv(seen[-2 * RADIUS : -RADIUS], below, recvbuf=seen[:RADIUS], source=above)

    def run() -> np.ndarray | None:
        seen[...] = rank.problem.grid
        own[...] = 0
        for round_ in range(rank.problem.rounds + 1):
            if round_ > 0:
                with rank.phases("halo"):
                    exchange()
            with rank.phases("compute"):
                add_star(seen, own, room)
                np.add(changed, 1, out=changed)
        with rank.phases("gather"):
            gather(rank.comm, rows, own, rank.out)
        answer: np.ndarray | None = rank.out
        return answer

    yield run
    line.Free()
