"""``verify``: every pair is run once, and its answer checked."""

import argparse
import collections
import itertools

import kernels
from kernels.commands import arguments

HELP = DESCRIPTION = "run every pair once and check its answer; exit with 1 if any is wrong"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.usage = "%(prog)s [WORKLOAD ...] [options]"
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"{arguments.WORKLOAD}; default: all")
    arguments.add_size(parser, "S")
    parser.add_argument("--workers", type=arguments.count, default=2, metavar="N", help="default: 2")
    arguments.add_start_method(parser)


def execute(given: argparse.Namespace) -> int:
    """Print what comes of each pair. Returns 1 where an answer is wrong or a pair fails."""
    try:
        for workload in given.workloads:
            kernels.workload(workload)
        kernels.problem((given.workloads or kernels.workloads())[0], given.size)  # all have the same names of sizes
    except ValueError as error:
        given.refuse(str(error))
    workloads = given.workloads or kernels.workloads()
    width = max(map(len, (*workloads, *kernels.strategies())))
    counts = collections.Counter[str]()
    for workload, strategy in itertools.product(workloads, kernels.strategies()):
        result, why = _result(workload, strategy, given)
        counts[result] += 1
        print(f"{workload:{width}}  {strategy:{width}}  {result}{why and f': {why}'}", flush=True)
    print("\n" + ", ".join(f"{count} {result}" for result, count in counts.items()))
    return 1 if counts["WRONG"] or counts["FAILED"] else 0


def _result(workload: str, strategy: str, given: argparse.Namespace) -> tuple[str, str]:
    """What comes of one pair, and the reason where it is not right."""
    reason = kernels.why_not(workload, strategy)
    if reason:
        return "unsupported", reason
    try:
        kernels.run(workload, strategy, size=given.size, workers=given.workers, start_method=given.start_method)
    except kernels.WrongAnswer as error:
        return "WRONG", arguments.one_line(error)
    except Exception as error:  # of one pair, and the others still run
        return "FAILED", f"{type(error).__name__}: {arguments.one_line(error)}"
    return "right", ""
