"""Writing files whole: who reads one sees what was there before, or all of what is there now."""

import contextlib
import os
from pathlib import Path


def write_atomic(path: Path, text: str) -> None:
    """Write a file as UTF-8, whole or not at all; its folder is made where it is missing.

    Parameters
    ----------
    path
        A symbolic link is followed, so that it stays one.
    text
        What cannot be encoded, such as half of a surrogate pair, is written as a backslash escape.

    Raises
    ------
    OSError
        Where the file cannot be written; then no part of it is left.

    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
