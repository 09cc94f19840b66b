"""Files that are written whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path


def require_writable(path: Path) -> None:
    """Raise OSError unless a file can be written at `path`; what is there stays."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    draft = _draft(path)
    draft.touch()
    draft.unlink()


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; the file moves to `path` unless an exception is raised."""
    draft = _draft(path)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.part")
