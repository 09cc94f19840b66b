"""``python -m asv_gate`` and the command ``asv-gate``: what has to be in order before the command line is imported."""

import contextlib
import os
import sys

with contextlib.suppress(OSError):  # the current folder may be gone
    # With -m it is the first that modules are looked for in, and it may have a psutil/ or a numpy.py.
    if sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
        del sys.path[0]

from asv_gate import streams

UNABLE = 2  # the exit status of a gate that could not do its job


def main() -> int:
    """The exit status of the command, or 2 after one line that names a package that is not installed."""
    streams.settle()
    try:
        from asv_gate.cli import main as command
    except ModuleNotFoundError as error:
        print(f"asv-gate: {error.name} is not installed; pip install asv-gate brings all it needs", file=sys.stderr)
        return UNABLE
    status = command()
    if why := streams.lost(sys.stdout):
        print(f"asv-gate: standard output could not be written: {why}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
