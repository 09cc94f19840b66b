"""Kernels of parallel Python: workloads with known answers, and strategies that run them.

::

    with kernels.open("triad", strategy="shared", workers=4, size="M") as team:
        answer = team.run()

    answer = kernels.run("parzen", strategy="pool", workers=4)

    result = kernels.compare(simulate, range(2_000), workers=[1, 2, 4])  # a function and items of your own
"""

from typing import Any

from kernels.contract.workload import AnyWorkload
from kernels.errors import Failed, Unsupported, WorkerDied, WrongAnswer
from kernels.loops.compare import compare
from kernels.machine.blas import VARIABLES as BLAS_VARIABLES
from kernels.machine.cpus import usable as cpus
from kernels.registry import find_workload, strategies, why_not, workloads
from kernels.team import Team, default_start_method, open, run
from kernels.team import make_problem as problem

__version__ = "0.2.0"
__all__ = [
    "BLAS_VARIABLES",
    "Failed",
    "Team",
    "Unsupported",
    "WorkerDied",
    "WrongAnswer",
    "compare",
    "cpus",
    "default_start_method",
    "info",
    "open",
    "problem",
    "run",
    "strategies",
    "why_not",
    "workload",
    "workloads",
]


def workload(workload: AnyWorkload) -> Any:
    """The workload that is meant by a name or a path: the module with its functions."""
    return find_workload(workload)


def info() -> dict[str, Any]:
    """What this machine and this Python are, as ``python -m kernels info --json`` has it.

    Imports NumPy and SciPy, so that what it says of the GIL and the BLAS holds for the kernels.
    """
    from kernels.machine.info import collect

    return collect()
