"""Kernels of parallel Python: workloads with known answers, and strategies that run them.

::

    with kernels.open("triad", strategy="shared", workers=4, size="M") as team:
        answer = team.run()

    answer = kernels.run("parzen", strategy="pool", workers=4)
"""

from kernels.errors import Unsupported, WorkerDied, WrongAnswer
from kernels.registry import strategies, why_not, workloads
from kernels.team import Team, open, run
from kernels.team import make_problem as problem

__version__ = "0.1.0"
__all__ = [
    "Team",
    "Unsupported",
    "WorkerDied",
    "WrongAnswer",
    "open",
    "problem",
    "run",
    "strategies",
    "why_not",
    "workloads",
]
