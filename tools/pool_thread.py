"""What the thread of a Pool costs that wakes up for every answer: the table of docs/explanation/teams.md.

``multiprocessing.Pool`` has a thread that looks after its workers. It also waits for answers, which another thread
reads, and where it is first it goes round without pause until that one has the answer. The strategy `pool` leaves that
out. Here each workload runs on two workers of such a pool, and of one whose thread waits as the standard library has
it, in a process each and in turns. The second is no plain Pool: the exit codes that it asks for in each round are
guarded, as those of `pool` are.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any, NamedTuple

import kernels
from kernels.comparing import tables
from kernels.comparing.comparison import as_factor
from kernels.workers.stdlib import TrackedPool
from tools import kept

PAGE = Path("docs", "explanation", "teams.md")
BEGIN, END = (
    "<!-- the table of python -m tools.pool_thread -->\n",
    "<!-- end of the table of python -m tools.pool_thread -->\n",
)
WORKLOADS = ("counter", "pipeline", "histogram", "cubes", "polynomial", "queens", "parzen", "dgemm", "sleep")
TURNS = 9
SECONDS = 0.5
WARM_UP = 3
KINDS = ("wakes", "sleeps")  # the thread, when there is an answer


class Timed(NamedTuple):
    """Of a pool in a process of its own: the median of its runs, and how often its thread went round in one."""

    seconds: float
    rounds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written."""
    parser = argparse.ArgumentParser(prog="python -m tools.pool_thread", description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS, help="pools of each kind; default: %(default)s")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(timed(*options.child)))
        return 0
    if not kept.has_marks(PAGE, BEGIN, END):
        parser.error(f"{PAGE} must have the lines {BEGIN.strip()} and {END.strip()}")
    found: dict[str, dict[str, list[Timed]]] = {}
    for workload in WORKLOADS:
        print(workload, flush=True)
        found[workload] = {kind: [] for kind in KINDS}
        for _ in range(options.turns):
            for kind, all_of_kind in found[workload].items():
                all_of_kind.append(in_a_process(kind, workload))
    kept.show(PAGE, BEGIN, END, as_table(found))
    print(f"The table is in {PAGE}.")
    return 0


def in_a_process(kind: str, workload: str) -> Timed:
    """Time a pool in a process of its own. Raises CalledProcessError where that fails."""
    command = [sys.executable, "-m", "tools.pool_thread", "--child", kind, workload]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return Timed(*json.loads(ran.stdout))


def timed(kind: str, workload: str) -> Timed:
    """Run the workload on such a pool for a while."""
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
    with kernels.open(workload, "pool", workers=2, size="S") as team:
        for _ in range(WARM_UP):
            team.run()
        before, times = rounds, []
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            begin = time.perf_counter()
            team.run()
            times.append(time.perf_counter() - begin)
        return Timed(statistics.median(times), (rounds - before) / len(times))


def as_table(found: dict[str, dict[str, list[Timed]]]) -> str:
    """A line for each workload: the median process of each kind, with the least and the most."""
    rows = [["workload", "wakes up: a run", "its rounds", "sleeps: a run", "wakes / sleeps"]]
    for workload, kinds in found.items():
        wakes, sleeps = (statistics.median(each.seconds for each in kinds[kind]) for kind in KINDS)
        turns = statistics.median(each.rounds for each in kinds["wakes"])
        rows.append(
            [workload, spread(kinds["wakes"]), f"{turns:.0f}", spread(kinds["sleeps"]), f"{as_factor(wakes / sleeps)}x"]
        )
    return tables.markdown(rows)


def spread(several: Sequence[Timed]) -> str:
    """The median in ms, and between which all are."""
    times = sorted(each.seconds * 1e3 for each in several)
    return f"{statistics.median(times):.3g} ms ({times[0]:.3g} to {times[-1]:.3g})"


if __name__ == "__main__":
    sys.exit(main())
