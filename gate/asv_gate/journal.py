"""A file of JSON lines that only grows, each line whole: what a run has measured, and can go on from."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from asv_gate.errors import GateError


class Journal:
    """The first line says what the file is of; one that is being written when the power fails is dropped.

    Raises GateError where the file is of something else.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path, self.header = path, header
        self.lines: list[dict[str, Any]] = []
        if path.exists():
            found, self.lines, whole = read(path)
            if found and found != header:
                differing = ", ".join(sorted(key for key in {*found, *header} if found.get(key) != header.get(key)))
                raise GateError(f"{path} was begun with another {differing}; name another file, or remove it")
            with path.open("r+b") as file:
                file.truncate(whole)
        else:
            found = {}
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        if not found:
            self._write(header)

    def add(self, line: Mapping[str, Any]) -> None:
        self._write(line)
        self.lines.append(dict(line))

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self._file.flush()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """Its header, its lines, and how many bytes of it are whole lines."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    try:
        lines = [json.loads(line) for line in content[:whole].splitlines()]
        if not all(isinstance(line, dict) for line in lines):
            raise ValueError("a line that is no object")
    except ValueError as error:
        raise GateError(f"{path} is not a journal of asv-gate: {error}") from None
    return (lines[0] if lines else {}), lines[1:], whole


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
