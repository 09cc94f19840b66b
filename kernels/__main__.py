"""The command line: ``python -m kernels`` with list, verify, compare, run, new or info."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import kernels
from kernels.commands import compare, info, new, run, streams, verify
from kernels.commands import list as list_
from kernels.commands.arguments import one_line
from kernels.errors import Failed
from kernels.machine import blas

DESCRIPTION = "Kernels of parallel Python: which way of going parallel pays for which kind of work."
COMMANDS = {"list": list_, "verify": verify, "compare": compare, "run": run, "new": new, "info": info}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0, 1 where something failed, or 130 after Ctrl-C; bad input exits with 2."""
    for name in blas.VARIABLES:  # before NumPy is imported: a BLAS reads them when it is loaded
        os.environ.setdefault(name, "1")
    given = _parser().parse_args(arguments)
    try:
        return int(given.execute(given))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if sys.flags.dev_mode:  # python -X dev: a workload's author wants the traceback
            raise
        kind = "" if isinstance(error, Failed) else f"{type(error).__name__}: "
        print(f"python -m kernels: error: {kind}{one_line(error)}", file=sys.stderr)
        return 1


def program() -> int:
    """What ``python -m kernels`` runs: `main`, with nothing wrong about the folder and the streams it is given."""
    _put_folder_last()
    streams.settle()
    try:
        status = main()
    except SystemExit as end:  # --help, or bad input
        status = int(end.code or 0)
    lost = streams.lost(sys.stdout)
    if lost:
        print(f"python -m kernels: error: standard output: {lost}", file=sys.stderr)
    return max(status, 1) if lost else status


def _put_folder_last() -> None:
    """Take a ``numpy.py`` or a folder ``scipy`` of the current folder for no package.

    ``python -m`` looks there first. A workload's file may still import what is beside it.
    """
    if not getattr(sys.flags, "safe_path", False) and Path(sys.path[0]) != Path(kernels.__file__).parents[1]:
        sys.path.append(sys.path.pop(0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kernels", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"parallel-kernels {kernels.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        added = commands.add_parser(
            name,
            help=command.HELP,
            description=command.DESCRIPTION,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(added)
        added.set_defaults(execute=command.execute, refuse=added.error)
    return parser


if __name__ == "__main__":
    sys.exit(program())
