"""``info``: what this machine and this Python are."""

import argparse
import json

from kernels.comparing import tables
from kernels.comparing.limits import measured
from kernels.comparing.rates import in_prefixes
from kernels.machine import info

HELP = DESCRIPTION = "what this machine and this Python are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure what its memory and its BLAS can do at most, too, which takes some seconds and 0.5 GiB",
    )


def execute(given: argparse.Namespace) -> int:
    """Print all that is known."""
    found = info.collect()
    described = info.describe(found)
    if given.measure:
        limits = measured()
        found["limits"] = limits.as_dict()
        described += [
            ("bandwidth", f"{in_prefixes(limits.bandwidth, 'B')}, copying on {limits.cpus} CPUs"),
            ("peak", f"{in_prefixes(limits.peak, 'flop')}, dgemm on {limits.cpus} CPUs"),
        ]
    print(json.dumps(found, indent=1) if given.json else tables.plain(described, "<<"))
    return 0
