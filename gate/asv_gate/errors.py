"""What ends a command with a sentence rather than a traceback."""

import tempfile


class GateError(Exception):
    """The gate could not do its job, and says why: exit status 2, never 1 and never 0."""


def no_room() -> GateError:
    """What is said where one of our processes cannot write its answer."""
    return GateError(f"{tempfile.gettempdir()} takes no more: its disk is full, or the size of files is limited")
