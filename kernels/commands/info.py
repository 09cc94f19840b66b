"""``info``: what this machine and this Python are."""

import argparse
import json

from kernels.comparing import tables
from kernels.machine import info

HELP = DESCRIPTION = "what this machine and this Python are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--json", action="store_true", help="as JSON")


def execute(given: argparse.Namespace) -> int:
    """Print all that is known."""
    found = info.collect()
    print(json.dumps(found, indent=1) if given.json else tables.plain(info.describe(found), "<<"))
    return 0
