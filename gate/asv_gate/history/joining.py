"""One file of results out of two: of one commit and environment, of which two runs measured different benchmarks."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asv_gate.errors import GateError

OTHERS = ("benchmarks.json", "machine.json")  # what lies beside files of results, and is none


def is_results(name: str) -> bool:
    """Whether a file of that path in the folder of results is a commit's results."""
    return name.endswith(".json") and Path(name).name not in OTHERS


def joined(theirs: str, ours: str, path: Path) -> str:
    """The text of a file that has what either has measured; ours, where both have.

    Raises GateError where one of them cannot be read.
    """
    there, here = _parse(theirs, path), _parse(ours, path)
    rows = {name: _row(there["results"].get(name), row) for name, row in here["results"].items()}
    added = {name: row for name, row in there["results"].items() if name not in rows}
    if not added and rows == here["results"]:
        return ours
    columns = here["result_columns"]
    content = {
        **here,
        "results": {name: _as_list(row, columns) for name, row in {**rows, **added}.items()},
        "durations": {**there.get("durations", {}), **here.get("durations", {})},
    }
    return json.dumps(content)


def _parse(text: str, path: Path) -> dict[str, Any]:
    """The content, with each row by its columns."""
    try:
        content: dict[str, Any] = json.loads(text)
        columns = content["result_columns"]
        rows = {name: dict(zip(columns, row, strict=False)) for name, row in content["results"].items()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise GateError(f"{path} cannot be read ({error!r}): restore it, or remove it") from None
    return {**content, "results": rows}


def _row(theirs: Mapping[str, Any] | None, ours: dict[str, Any]) -> dict[str, Any]:
    """Our row, with their combinations of parameters where we have measured none."""
    alike = theirs is not None and all(theirs.get(key) == ours.get(key) for key in ("params", "version"))
    repeats = ours.get("stats_repeat")
    if not alike or theirs is None or not repeats or 0 not in repeats:
        return ours
    lists = {name for name, value in {**theirs, **ours}.items() if name in ("result", "samples") or "stats_" in name}
    row = dict(ours)
    for column in lists:
        old = theirs.get(column) or [None] * len(repeats)
        new = ours.get(column) or [None] * len(repeats)
        values = [old[i] if repeats[i] == 0 else new[i] for i in range(len(repeats))]
        row[column] = None if all(value is None for value in values) else values
    return row


def _as_list(row: Mapping[str, Any], columns: list[str]) -> list[Any]:
    """As asv writes it: in the columns' order, and nothing after the last value."""
    values = [row.get(column) for column in columns]
    while values and values[-1] is None:
        values.pop()
    return values
