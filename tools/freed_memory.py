"""What it costs a pool that memory goes back to the system when it is freed: a table of docs/explanation/teams.md.

A worker unpickles each part into memory that it frees after the part. The C library of most Linux systems, glibc,
gives that back, and then the next part's is taken anew with a page fault for every 4 KiB. Here each workload with large
arrays runs on two workers of `pool`, as it is and with variables that have glibc keep what is freed, in a process each
and in turns.
"""

import sys
from collections.abc import Sequence
from multiprocessing import active_children
from pathlib import Path

from tools.pools import Kinds, Timed, runs

# Glibc maps what is larger than the first on its own, which then goes back in any case, and allows no more than this on
# all its versions; and gives the top of its heap back when so much more than the second is free there.
KEPT = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "1073741824"}


def timed(kind: str, workload: str) -> Timed:
    """The workload on such a pool, and the page faults of its workers in a run."""
    return runs(workload, lambda: sum(faults(child.pid) for child in active_children()))


def faults(process: int | None) -> int:
    """The page faults of a process until now that no file was read for (proc(5))."""
    _, _, fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")
    return int(fields.split()[7])


KINDS = Kinds(
    "tools.freed_memory",
    {"gives back": {}, "keeps": KEPT},
    timed,
    ("spmv", "dgemm", "stencil", "transpose", "triad", "histogram", "ep"),
    ("workload", "gives back: a run", "its page faults", "keeps: a run", "gives back / keeps"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written."""
    return KINDS.main(__doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
