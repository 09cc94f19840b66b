"""A ping-pong of mpi4py alone, run by ``mpiexec -n 2``: what ``messages`` is compared with.

Arguments: the bytes of a message, seconds in a batch, batches. Prints the seconds of a message one way.
"""

import sys
import time

import numpy as np
from mpi4py import MPI


def main(size: int, batch_seconds: float, batches: int) -> None:
    """Print the seconds of a message one way: the least of the batches."""
    comm = MPI.COMM_WORLD
    buffer = np.zeros(size, np.uint8)

    def trips(count: int) -> float:
        comm.Barrier()
        begin = time.perf_counter()
        for _ in range(count):
            if comm.rank == 0:
                comm.Send(buffer, 1)
                comm.Recv(buffer, 1)
            else:
                comm.Recv(buffer, 0)
                comm.Send(buffer, 0)
        return (time.perf_counter() - begin) / count

    count = comm.bcast(max(1, int(batch_seconds / trips(3))))
    best = min(trips(count) for _ in range(batches)) / 2
    if comm.rank == 0:
        print(best)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
