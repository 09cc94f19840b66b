"""Where Unix sockets can be: the path of one has to be short, and TMPDIR may be long."""

import os
import tempfile

from kernels.workers import stdlib

LONGEST = 65  # bytes of a folder's path: an address holds 104 with its end, of which the names in it take the rest
SHORT = ("/tmp", "/var/tmp")  # noqa: S108 - the places, not files in them


def folder_for_sockets() -> str:
    """The folder for temporary files, or another one where the path of that is too long."""
    place = tempfile.gettempdir()
    if len(os.fsencode(place)) <= LONGEST:
        return place
    for short in SHORT:
        if os.access(short, os.W_OK | os.X_OK):
            return short
    raise OSError(f"set TMPDIR to a folder whose path is shorter: {place!r} is too long for the address of a socket")


def settle() -> None:
    """Have multiprocessing, which asks for such a folder once, take one that is fit for its sockets."""
    known = tempfile.tempdir
    tempfile.tempdir = folder_for_sockets()
    try:
        stdlib.choose_temporary_folder()
    finally:
        tempfile.tempdir = known
