"""``run``: one workload is timed under one strategy, also under a launcher of MPI ranks."""

import argparse
import json

import kernels
from kernels.commands import arguments
from kernels.comparing import tables, timing
from kernels.comparing.comparison import spread
from kernels.comparing.limits import Limits, measured
from kernels.comparing.timing import Timing
from kernels.mpi import launched

HELP = "time one workload under one strategy"
DESCRIPTION = """\
Time one workload under one strategy: warm runs, with every answer checked.

With --strategy mpi the team starts its ranks itself; under a launcher it is the launcher's ranks:

    mpiexec -n 64 -hosts a,b python -m kernels run ep --strategy mpi --size L

There the time of a run is from a barrier to the end at the last rank, and the phases are told too.

With --strategy dask or ray, --connect has the workers of a cluster that runs already:

    python -m kernels run ep --strategy dask --connect tcp://host:8786 --size L"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.usage = "%(prog)s WORKLOAD [options]"
    parser.add_argument("workload", metavar="WORKLOAD", help=arguments.WORKLOAD)
    parser.add_argument(
        "--strategy",
        choices=kernels.strategies(),
        default="serial",
        metavar="STRATEGY",
        help=f"one of {', '.join(kernels.strategies())}; default: serial",
    )
    parser.add_argument("--workers", type=arguments.count, metavar="N", help="default: as many as usable CPUs")
    parser.add_argument("--connect", metavar="ADDRESS", help="of a cluster of Dask's or Ray's, whose workers are used")
    arguments.add_size(parser, "M")
    arguments.add_start_method(parser)
    parser.add_argument("--seed", type=int, default=0, help="of the problem; default: 0")
    parser.add_argument(
        "--rounds", type=arguments.count, default=timing.ROUNDS, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="as JSON, with the time of every run")
    arguments.add_measure(parser)


def execute(given: argparse.Namespace) -> int:
    """Measure and print the times; under a launcher rank 0 prints them."""
    asked = {"size": given.size, "seed": given.seed, "rounds": given.rounds}
    try:
        if not launched.is_launched():
            took: Timing | None = timing.measure(
                given.workload,
                given.strategy,
                given.workers,
                start_method=given.start_method,
                connect=given.connect,
                **asked,
            )
        elif given.strategy != "mpi" or given.workers is not None or given.connect is not None:
            given.refuse("under mpiexec the strategy must be mpi, and the workers are its ranks: leave --workers out")
        else:
            took = launched.measure(given.workload, **asked)
    except ValueError as error:
        given.refuse(str(error))
    if took is not None:  # as it is at all ranks but rank 0
        limits = measured() if given.measure else None
        found = took.as_dict() | ({"limits": limits.as_dict()} if limits else {})
        print(json.dumps(found, indent=1) if given.json else _text(took, limits))
    return 0


def _text(took: Timing, limits: Limits | None) -> str:
    """The times for people."""
    share = limits.share(took.work, took.best) if limits and took.work else None
    where = f" on {took.hosts} hosts" if took.hosts > 1 else ""
    count = f"{took.workers} worker{'s' if took.workers > 1 else ''}{where}"
    rows = [
        ("answer", f"right, in all of {len(took.seconds)} runs"),
        ("open", tables.duration(took.open_seconds)),
        ("best", tables.duration(took.best)),
        ("median", f"{tables.duration(took.median)} ± {tables.duration(spread(took.seconds))}"),
        *([("rate", took.work.at(took.best))] if took.work else []),
        *([("of the limit", f"{100 * share:.0f} %")] if share is not None else []),
        *((name, tables.duration(seconds)) for name, seconds in took.phases.items()),
    ]
    title = f"{took.workload}, {took.strategy}, {count}, size {took.size} ({took.items} items)"
    return f"{title}\n{tables.plain(rows, '<>')}"
