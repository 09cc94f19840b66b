"""The strategy `pool` on two workers in two kinds of process, in turns: a table of docs/explanation/teams.md.

For what differs from one process to the next, and so cannot be seen from within one.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import kernels
from kernels.comparing import tables
from kernels.comparing.comparison import as_factor
from tools import kept

PAGE = Path("docs", "explanation", "teams.md")
TURNS = 9
SECONDS = 0.5
WARM_UP = 3


class Timed(NamedTuple):
    """Of a pool in a process of its own: the median of its runs, and how often something happened in one."""

    seconds: float
    counted: float


@dataclass(frozen=True)
class Kinds:
    """Two kinds of process.

    Attributes
    ----------
    module
        Which is run as ``python -m``, and has the table's name.
    variables
        By kind, the environment variables that make it so.
    timed
        Times a workload in a process of a kind, from within.
    workloads
        The rows.
    headings
        Of the columns: a workload, a run of the first kind, what is counted in it, a run of the second, their ratio.

    """

    module: str
    variables: Mapping[str, Mapping[str, str]]
    timed: Callable[[str, str], Timed]
    workloads: Sequence[str]
    headings: Sequence[str]

    def main(self, description: str | None, arguments: Sequence[str] | None) -> int:
        """The exit status: 0 where the table is written."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.module}", description=description)
        parser.add_argument("--turns", type=int, default=TURNS, help="processes of each kind; default: %(default)s")
        parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
        options = parser.parse_args(arguments)
        if options.child:
            print(json.dumps(self.timed(*options.child)))
            return 0
        if not kept.has_marks(PAGE, *self.marks):
            parser.error(f"{PAGE} must have the lines {' and '.join(mark.strip() for mark in self.marks)}")
        found: dict[str, dict[str, list[Timed]]] = {}
        for workload in self.workloads:
            print(workload, flush=True)
            found[workload] = {kind: [] for kind in self.variables}
            for _ in range(options.turns):
                for kind, all_of_kind in found[workload].items():
                    all_of_kind.append(self.in_a_process(kind, workload))
        kept.show(PAGE, *self.marks, self.as_table(found))
        print(f"The table is in {PAGE}.")
        return 0

    @property
    def marks(self) -> tuple[str, str]:
        """The lines before and after the table."""
        table = f"the table of python -m {self.module}"
        return f"<!-- {table} -->\n", f"<!-- end of {table} -->\n"

    def in_a_process(self, kind: str, workload: str) -> Timed:
        """Time a pool in a process of its own. Raises CalledProcessError where that fails."""
        command = [sys.executable, "-m", self.module, "--child", kind, workload]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **self.variables[kind]}
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        return Timed(*json.loads(ran.stdout))

    def as_table(self, found: Mapping[str, Mapping[str, Sequence[Timed]]]) -> str:
        """A line for each workload: the median process of each kind, with the least and the most."""
        rows = [list(self.headings)]
        for workload, kinds in found.items():
            first, second = kinds.values()
            counted = statistics.median(each.counted for each in first)
            ratio = statistics.median(each.seconds for each in first) / statistics.median(
                each.seconds for each in second
            )
            rows.append([workload, spread(first), f"{counted:.0f}", spread(second), f"{as_factor(ratio)}x"])
        return tables.markdown(rows)


def runs(workload: str, count: Callable[[], int]) -> Timed:
    """Run a workload of size S for a while, and check each answer; `count` says how often something has happened."""
    with kernels.open(workload, "pool", workers=2, size="S") as team:
        for _ in range(WARM_UP):
            team.run()
        before, times = count(), [0.0]
        while sum(times) < SECONDS:
            begin = time.perf_counter()
            answer = team.run()
            times.append(time.perf_counter() - begin)
            team.check(answer)
        del times[0]
        return Timed(statistics.median(times), (count() - before) / len(times))


def spread(several: Sequence[Timed]) -> str:
    """The median in ms, and between which all are."""
    times = sorted(each.seconds * 1e3 for each in several)
    return f"{statistics.median(times):.3g} ms ({times[0]:.3g} to {times[-1]:.3g})"
