"""Predicts how workloads scale over MPI ranks: ``python -m tools.mpi_model``.

A message of n bytes takes latency + n / bandwidth (Hockney, "The communication challenge for MPP",
Parallel Computing 20, 1994), with both fitted here to the measured ping-pong of two ranks, or given.
A coordinated workload says what it sends in a run; `docs/scaling-out.md` says what else is assumed.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kernels.comparing import tables, timing
from kernels.contract.parts import PARTS_PER_WORKER, answer_array
from kernels.contract.workload import Problem
from kernels.mpi.messages import one_way_seconds
from kernels.registry import find_workload
from kernels.team import make_problem

RANKS = (2, 64, 1024)
BYTES = (8, 2**10, 2**14, 2**18, 2**22, 2**24)  # of the messages that the model is fitted to
WORKLOADS = ("ep", "polynomial", "queens", "parzen", "triad", "stencil", "histogram_merged")
PICKLED = 300  # bytes of an answer that is a number or a few


@dataclass(frozen=True)
class Network:
    """`latency` in seconds, `bandwidth` in bytes/second."""

    latency: float
    bandwidth: float

    def message(self, size: float) -> float:
        return self.latency + size / self.bandwidth


def fitted(seconds: dict[int, float]) -> Network:
    """The network that comes nearest to the times of messages by their bytes, in proportion to each."""
    import numpy as np
    from scipy.optimize import nnls

    sizes, times = np.array(list(seconds), float), np.array(list(seconds.values()))
    (latency, per_byte), _ = nnls(np.column_stack([1 / times, sizes / times]), np.ones(len(times)))
    return Network(float(latency), float(1 / per_byte))


def communication(workload: Any, problem: Problem, array_bytes: int, ranks: int, network: Network) -> float:
    """Seconds that a run waits for messages at the rank that waits longest.

    A workload that is coordinated says in its ``messages(problem, ranks)`` what it sends.
    """
    depth = math.ceil(math.log2(ranks))
    gathered = _gathered(array_bytes, ranks, network) if array_bytes else 0.0
    if hasattr(workload, "messages"):
        count, size = workload.messages(problem, ranks)
        return float(count * network.message(size) + gathered)
    if array_bytes:
        return gathered
    tickets = (PARTS_PER_WORKER + 1) * 2 * network.latency  # a fetch-and-op is a message there and one back
    at_root = ranks * (PARTS_PER_WORKER + 1) * network.latency  # and rank 0 hands them out one by one
    return max(tickets, at_root if ranks > 2 else 0.0) + depth * network.latency + ranks * PICKLED / network.bandwidth


def _gathered(array_bytes: int, ranks: int, network: Network) -> float:
    """All parts but rank 0's come in through its one link, one after the other."""
    return (ranks - 1) * network.message(array_bytes / ranks)


def efficiency(serial: float, items: int, waited: float, ranks: int) -> float:
    """T(1) / (p T(p)), where the items cannot be divided and the slowest rank has the most of them."""
    share = math.ceil(items / ranks) / items
    return serial / (ranks * (serial * share + waited))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.mpi_model", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--size", default="M", choices=("S", "M", "L"), help="default: M")
    parser.add_argument("--latency", type=float, help="of another network, seconds; default: as measured here")
    parser.add_argument("--bandwidth", type=float, help="of another network, bytes/second; default: as measured here")
    given = parser.parse_args(arguments)
    here = fitted({size: one_way_seconds("mpi", size) for size in BYTES})
    there = Network(given.latency or here.latency, given.bandwidth or here.bandwidth)
    print(f"here   latency {tables.duration(here.latency)}, bandwidth {here.bandwidth / 1e9:.2f} GB/s")
    print(f"there  latency {tables.duration(there.latency)}, bandwidth {there.bandwidth / 1e9:.2f} GB/s\n")
    header = [
        "workload",
        "serial",
        "2 here, measured",
        *(f"{ranks} {'here' if ranks == 2 else 'there'}" for ranks in RANKS),
    ]
    rows = [header]
    for name in WORKLOADS:
        workload = find_workload(name)
        asked = {"size": given.size, "seed": 0, "start_method": None, "rounds": timing.ROUNDS}
        serial = min(timing.measure(workload, "serial", None, **asked).seconds)
        measured = min(timing.measure(workload, "mpi", 2, **asked).seconds)
        problem = make_problem(workload, given.size)
        like = answer_array(workload, problem)
        row = [name, tables.duration(serial), f"{serial / measured / 2:.3f}"]
        for ranks in RANKS:
            network = here if ranks == 2 else there
            waited = communication(workload, problem, 0 if like is None else like.nbytes, ranks, network)
            row.append(f"{efficiency(serial, len(problem), waited, ranks):.3f}")
        rows.append(row)
    print(tables.plain(rows, "<" + ">" * (len(header) - 1)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
