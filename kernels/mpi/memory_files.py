"""Keeps the files of shared memory that MPICH and UCX make from outliving their job.

MPICH removes the name of its file in MPI_Finalize, which a rank that is killed never calls. So ranks remove it as soon
as all have the file open, and whoever has started ranks removes what was left by some that were killed before.
"""

import contextlib
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where they put them
PATTERNS = ("mpich_shm_*", "ucx_shm_posix_*")


def unlink_own() -> None:
    """Remove the name of the file that this rank and its others have open. All ranks call this together."""
    from mpi4py import MPI

    MPI.COMM_WORLD.Barrier()  # all have opened it
    for file in _mapped("self"):  # none where there is no /proc
        if file.name.startswith("mpich"):
            with contextlib.suppress(OSError):  # another rank was first
                file.unlink()


def unlink_abandoned(since: float) -> None:
    """Remove the files of ranks that were killed while they started, after `since`, in seconds since the epoch.

    Their names are not known. A file is taken for one of these if it was made after `since` and no process uses it.
    That of another job is in use: whoever makes such a file keeps it open until it is mapped. Without /proc nothing
    can be known of that, and nothing is removed.
    """
    if not Path("/proc/self/maps").exists():
        return
    made = set()
    for pattern in PATTERNS:
        for file in SHARED_MEMORY.glob(pattern):
            with contextlib.suppress(OSError):  # gone by now
                if file.stat().st_mtime >= since - 1:
                    made.add(file)
    if made:
        made -= _open()  # in this order: what is closed by then is mapped
        made -= _mapped("[0-9]*")
    for file in made:
        with contextlib.suppress(OSError):
            file.unlink()


def _open() -> set[Path]:
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            found.add(link.readlink())
    return found


def _mapped(process: str) -> set[Path]:
    """The files of shared memory that processes have mapped: one, or those that a pattern fits."""
    found = set()
    for maps in Path("/proc").glob(f"{process}/maps"):
        with contextlib.suppress(OSError):
            files = {Path(line.split(maxsplit=5)[-1]) for line in maps.read_text().splitlines()}
            found |= {file for file in files if file.parent == SHARED_MEMORY}
    return found
