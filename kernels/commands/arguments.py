"""What the commands' arguments have in common: their types, and those that several commands have."""

import argparse
import math
from pathlib import Path

import kernels
from kernels.commands import files
from kernels.comparing import chart
from kernels.team import start_methods

WORKLOAD = "a name, see list, or the path of a .py file"


def count(text: str) -> int:
    """An integer of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1, not {text!r}")
    return int(text)


def size(text: str) -> str | int:
    """A number of items, or a size's name; which names there are is for the workload to say."""
    return int(text) if text.isdecimal() else text


def file(text: str) -> Path:
    """The path of a file that can be written."""
    try:
        files.require_writable(Path(text))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written: {error.strerror}") from None
    return Path(text)


def file_or_stdout(text: str) -> Path | str:
    """The same, or - for standard output."""
    return text if text == "-" else file(text)


def whole(text: str) -> int:
    """An integer of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be an integer of at least 0, not {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return value


def chart_file(text: str) -> Path:
    """The same for a picture, which takes packages that may be missing."""
    if not text.endswith(chart.ENDINGS):
        raise argparse.ArgumentTypeError(f"must end in {' or '.join(chart.ENDINGS)}, not {text!r}")
    if not chart.is_possible():
        raise argparse.ArgumentTypeError("drawing takes Altair: pip install 'parallel-kernels[plot]'")
    return file(text)


def add_size(parser: argparse.ArgumentParser, default: str, told: bool = True) -> None:
    """Add ``--size``, which is None where nothing is said and that is to be `told` from the default."""
    helped = f"S, M, L or a number of items; default: {default}"
    parser.add_argument("--size", type=size, default=default if told else None, help=helped)


def add_start_method(parser: argparse.ArgumentParser) -> None:
    """Add ``--start-method``."""
    parser.add_argument(
        "--start-method",
        choices=start_methods(),
        default=kernels.default_start_method(),
        help="of processes; default: %(default)s",
    )


def add_measure(parser: argparse.ArgumentParser) -> None:
    """Add ``--measure``."""
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure this machine's limits too, as info --measure does, and say how close to them the best is",
    )


def one_line(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split())
