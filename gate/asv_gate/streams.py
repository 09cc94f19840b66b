"""Standard streams that are closed, full, without a reader, or of an encoding that lacks a letter.

What a command prints goes to whoever still reads it, and never decides how the command ends: its
exit status is its verdict's. This file needs nothing else of this package.
"""

import errno
import io
import os
import select
import sys
from typing import Any, TextIO


class _Lossy(io.FileIO):
    """The bytes of a stream. Once they cannot be written they are dropped, and `lost` says why."""

    lost: OSError | None = None

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        while self.lost is None:
            try:
                written = super().write(view)
            except OSError as error:
                self.lost = error
            else:
                if written is not None:
                    return written
                select.select([], [self], [])  # a pipe that does not block, and is full
        return len(view)


def settle() -> None:
    """Make printing safe for the rest of this process. To be called before anything opens a file."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            _open_nothing(fd)  # else the next file that is opened would become the standard stream of children
            stream = os.fdopen(fd, "w" if fd else "r", encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
        elif fd and isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _lossy(stream))


def lost(stream: TextIO) -> str:
    """Why some of what was printed could not be written; nothing where all was, or where its reader has gone."""
    stream.flush()
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    error = raw.lost if isinstance(raw, _Lossy) else None
    return "" if error is None or error.errno == errno.EPIPE else error.strerror or str(error)


def _lossy(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    raw = getattr(stream.buffer, "raw", stream.buffer)  # with PYTHONUNBUFFERED there is no buffer
    if type(raw) is not io.FileIO:  # Windows' console is no file
        stream.reconfigure(errors="backslashreplace")
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Lossy(raw.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _open_nothing(fd: int) -> None:
    try:
        os.fstat(fd)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened == fd:
            os.set_inheritable(fd, True)
        else:
            os.dup2(opened, fd)
            os.close(opened)
