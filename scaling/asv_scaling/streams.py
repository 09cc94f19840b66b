"""Standard streams that may be closed, full, without a reader, or of an encoding that lacks a character."""

import io
import os
import sys
from collections.abc import Callable


def run(command: Callable[[], int]) -> int:
    """Run a command and return its exit status, which output that is lost does not change.

    A line on stderr says so, but for a reader that has gone, who wants no more. A closed stream is
    as one to /dev/null.
    """
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = 0
    try:
        try:
            status = command()
        except SystemExit as stop:  # of argparse
            status = stop.code if isinstance(stop.code, int) else 0
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        complain(f"the output could not be written: {error.strerror}")
    return status


def complain(message: str) -> None:
    """Print a line on stderr, if that is possible."""
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def _open_closed() -> None:
    """Give streams that are closed to /dev/null, so that no file which is opened later takes their place."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


def _discard(stream: object) -> None:
    """Let the interpreter's own flush at its end go nowhere."""
    if isinstance(stream, io.TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
