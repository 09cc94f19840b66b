"""``new``: a workload's file is written from a function and its items."""

import argparse
from pathlib import Path

import kernels
from kernels.commands import arguments
from kernels.commands.files import atomic_write
from kernels.loops import finding, skeleton
from kernels.loops.compare import LIMIT_SECONDS
from kernels.loops.sample import listed
from kernels.loops.trial import tried

HELP = "write a workload's file from a function of yours"
DESCRIPTION = """\
Write the file of a workload, filled in from a function and its items, to go on from:

    python -m kernels new my_workload.py --function mymodule:simulate --items mymodule:seeds
    python -m kernels verify my_workload.py
    python -m kernels compare my_workload.py

Its check compares some answers with the same function's. Replace that by another algorithm, and the
workload can join the suite."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.usage = "%(prog)s FILE --function MODULE:FUNCTION --items ITEMS [options]"
    parser.add_argument("file", metavar="FILE", type=arguments.file, help="what to write, a new .py file")
    parser.add_argument("--function", required=True, metavar="MODULE:FUNCTION", help=finding.FUNCTION)
    parser.add_argument("--items", required=True, metavar="ITEMS", help=finding.ITEMS)
    parser.add_argument("--reduce", metavar="FUNCTION", help="sum, or module:function of two answers")
    parser.add_argument("--vectorized", action="store_true", help="the function takes a slice of an array of items")


def execute(given: argparse.Namespace) -> int:
    """Try the function, and write the file."""
    target: Path = given.file
    try:
        if target.suffix != ".py" or target.exists():
            raise ValueError(f"FILE must be a .py file that is not there yet, not {str(target)!r}")
        reduce = _reduce(given.reduce, target)
        function = skeleton.place(given.function, target)
        place = skeleton.place(given.items, target) if finding.is_named(given.items) else given.items
        items, _ = listed(finding.items(given.items), given.vectorized)
        trial = tried(
            finding.function(given.function),
            items,
            reduce=finding.function(":".join(reduce)) if reduce else None,
            check=None,
            rtol=None,
            vectorized=given.vectorized,
            chunk=None,
            most_workers=kernels.cpus(),
            limit=LIMIT_SECONDS,
            give_up=None,
        )
    except ValueError as error:
        given.refuse(arguments.one_line(error))
    with atomic_write(target) as draft:
        draft.write_text(skeleton.written(trial, len(items), function=function, items=place, reduce=reduce))
    print(f"wrote {target}; try it: python -m kernels verify {target}")
    return 0


def _reduce(text: str | None, target: Path) -> tuple[str, str] | None:
    if text is None:
        return None
    return ("builtins", "sum") if text == "sum" else skeleton.place(text, target)
