"""``list``: the workloads, the strategies, and which pairs of them there are."""

import argparse
from collections.abc import Callable

import kernels
from kernels.comparing import tables
from kernels.registry import find_strategy, summary, why_never

HELP = DESCRIPTION = "workloads, strategies, and which pairs of them there are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--markdown", action="store_true", help="the table of pairs alone, in Markdown")


def execute(given: argparse.Namespace) -> int:
    """Print the summaries and the table of pairs, and why pairs are missing."""
    if given.markdown:  # which versions there are, whatever is installed here
        print(tables.markdown(_pairs(why_never)))
        return 0
    workloads = [(name, summary(kernels.workload(name))) for name in kernels.workloads()]
    strategies = [(name, find_strategy(name).summary) for name in kernels.strategies()]
    print(tables.plain([("Workloads", ""), *workloads], "<<"), end="\n\n")
    print(tables.plain([("Strategies", ""), *strategies], "<<"), end="\n\n")
    pairs = _pairs(kernels.why_not)
    print(tables.plain(pairs, "<" * len(pairs[0])))
    without: dict[str, list[str]] = {}
    for workload in kernels.workloads():
        for strategy in kernels.strategies():
            reason = kernels.why_not(workload, strategy)
            if reason:
                without.setdefault(f"{strategy}: {reason}", []).append(workload)
    for reason, names in without.items():
        print(f"\n{reason}\n    {', '.join(names)}")
    return 0


def _pairs(lacking: Callable[[str, str], str | None]) -> list[list[str]]:
    """The rows of the table, with a dash where `lacking` has a reason."""
    rows = [
        [workload, *("-" if lacking(workload, strategy) else "yes" for strategy in kernels.strategies())]
        for workload in kernels.workloads()
    ]
    return [["workload", *kernels.strategies()], *rows]
