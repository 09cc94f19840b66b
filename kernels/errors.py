"""The errors of this package that a caller may want to catch by name."""

import contextlib
import errno
from collections.abc import Iterator, Sequence

UNGUARDED = 81  # exit code of a worker that imports the main module and is made to open a team there


class WrongAnswer(Exception):
    """A kernel ran and its answer is not the right one."""


class WorkerDied(RuntimeError):
    """A worker process ended while its team still needed it; the team is closed."""


class Failed(Exception):
    """What was to be compared did not run through, or gave a wrong answer; the message says which, and why."""


class Unsupported(ValueError):
    """The strategy cannot run this workload here; the message says why."""


def died(who: str, codes: Sequence[int | None], more: str = "") -> WorkerDied:
    """The error that says of a worker, or of several, how they ended: `codes` as Python has them."""
    if UNGUARDED in codes:
        return WorkerDied(
            "the script that defines the workload opens a team each time it is imported, as workers must: "
            'put what it runs under if __name__ == "__main__":'
        )
    told = f"code {codes[0]}" if len(codes) == 1 else f"codes {list(codes)}"
    return WorkerDied(f"{who} ended with exit {told}{more}")


SEMAPHORES = "the semaphores of multiprocessing cannot be made (on Linux they are files in /dev/shm)"
CAUSES = {
    errno.EAGAIN: "no more processes or threads may be started (see ulimit -u, and pids.max of the control group)",
    errno.EMFILE: "workers take some files each (see ulimit -n)",
    errno.ENOSPC: SEMAPHORES,
    errno.EROFS: SEMAPHORES,
    errno.EACCES: SEMAPHORES,
    errno.ENOENT: SEMAPHORES,
    errno.ENOSYS: SEMAPHORES,
}


@contextlib.contextmanager
def starting_workers() -> Iterator[None]:
    """Where workers are started: says what it means that one has ended, or that the system gives no more."""
    try:
        yield
    except (BrokenPipeError, ConnectionResetError, EOFError) as error:
        raise WorkerDied(f"a worker ended while it was being started ({type(error).__name__})") from error
    except OSError as error:
        if error.filename is not None or error.errno not in CAUSES:
            raise
        raise OSError(error.errno, f"{error.strerror}: {CAUSES[error.errno]}") from error
