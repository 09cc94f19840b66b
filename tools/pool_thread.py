"""What the thread of a Pool costs that wakes up for every answer: a table of docs/explanation/teams.md.

``multiprocessing.Pool`` has a thread that looks after its workers. It also waits for answers, which another thread
reads, and where it is first it goes round without pause until that one has the answer. The strategy `pool` leaves that
out. Here each workload runs on two workers of such a pool, and of one whose thread waits as the standard library has
it, in a process each and in turns. The second is no plain Pool: the exit codes that it asks for in each round are
guarded, as those of `pool` are.
"""

import sys
from collections.abc import Sequence
from multiprocessing.pool import Pool
from typing import Any

from kernels.workers.stdlib import TrackedPool
from tools.pools import Kinds, Timed, runs


def timed(kind: str, workload: str) -> Timed:
    """The workload on such a pool, and how often its thread goes round in a run."""
    plain: Any = Pool
    ours: Any = TrackedPool
    if kind == "wakes":
        ours._get_sentinels = plain._get_sentinels
    rounds = 0
    look_after = plain._maintain_pool

    def counted(*args: Any, **named: Any) -> Any:
        nonlocal rounds
        rounds += 1
        return look_after(*args, **named)

    plain._maintain_pool = staticmethod(counted)
    return runs(workload, lambda: rounds)


KINDS = Kinds(
    "tools.pool_thread",
    {"wakes": {}, "sleeps": {}},  # the thread, when there is an answer
    timed,
    ("counter", "pipeline", "histogram", "cubes", "polynomial", "queens", "parzen", "dgemm", "sleep"),
    ("workload", "wakes up: a run", "its rounds", "sleeps: a run", "wakes / sleeps"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written."""
    return KINDS.main(__doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
