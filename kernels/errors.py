"""The errors of this package that a caller may want to catch by name."""

import contextlib
from collections.abc import Iterator


class WrongAnswer(Exception):
    """A kernel ran and its answer is not the right one."""


class WorkerDied(RuntimeError):
    """A worker process ended while its team still needed it; the team is closed."""


class Unsupported(ValueError):
    """The strategy cannot run this workload here; the message says why."""


@contextlib.contextmanager
def starting_workers() -> Iterator[None]:
    """Where workers are started: one that ends meanwhile closes a pipe that is being written or read."""
    try:
        yield
    except (BrokenPipeError, ConnectionResetError, EOFError) as error:
        raise WorkerDied(f"a worker ended while it was being started ({type(error).__name__})") from error
