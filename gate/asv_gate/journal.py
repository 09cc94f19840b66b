"""A file of JSON lines that only grows, each line whole: what a run has measured, and can go on from."""

import json
import os
from collections.abc import Callable, Mapping
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
        self._before = list(self.lines)
        self.lost = ""  # why lines of `once` are no longer written
        self._file = path.open("ab")
        if not found:
            self._write(header)

    def add(self, line: Mapping[str, Any]) -> None:
        """Write a line, at once."""
        self._write(line)
        self.lines.append(dict(line))

    def once(
        self,
        key: Mapping[str, Any],
        make: Callable[[], Mapping[str, Any]],
        stands: Callable[[Mapping[str, Any]], bool] = lambda line: True,
    ) -> dict[str, Any]:
        """The line with these items: the one that an interrupted run has left, or a new one with what `make` gives.

        A key is told from longer ones, of other lines, by None for what these have and it has not. A line that was left
        and does not stand is no answer.
        """
        for line in self._before:
            if all(line.get(name) == value for name, value in key.items()) and stands(line):
                return line
        line = {**key, **make()}
        if not self.lost:
            try:
                self.add(line)
            except OSError as error:
                self.lost = error.strerror or str(error)
        return line

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n")
        self._file.flush()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def has_value(line: Mapping[str, Any]) -> bool:
    """Whether a pair has one. Where it has none a benchmark has failed, which the next run may not see again."""
    return line["d"] is not None


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
