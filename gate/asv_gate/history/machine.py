"""The machine of a history: machines of one CPU model and number of CPUs are one, however short each lives."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from asv_gate.errors import GateError

PAIRED = "paired"  # ends a machine's name, so that results of pairs and those of asv run are different machines


def name_of(defaults: Mapping[str, str]) -> str:
    """``amd-epyc-7763-4cpu-paired``, from what asv finds out about the machine."""
    model = re.sub(r"\s*@.*|\((r|tm)\)|\b(cpu|processor|\d+-core)\b|[^a-z0-9]+", " ", defaults.get("cpu", "").lower())
    words = "-".join(model.split()) or "unknown"
    return f"{words}-{defaults.get('num_cpu', '0')}cpu-{PAIRED}"


def known(results: Path, name: str, defaults: Mapping[str, str]) -> dict[str, str]:
    """The machine as its results have it, or as it is where there are none.

    Its amount of memory and its system's version stay those of the first machine: they change with each that is
    thrown away, and asv would begin a new series with them.

    Raises
    ------
    GateError
        Where the folder holds results of another CPU model, or of plain ``asv run``.

    """
    file = results / name / "machine.json"
    if not file.exists():
        return {**defaults, "machine": name}
    try:
        found: dict[str, str] = {
            key: value for key, value in json.loads(file.read_text(encoding="utf-8")).items() if key != "version"
        }
        kept = {key: found[key] for key in ("machine", "cpu", "num_cpu")}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise GateError(f"{file} cannot be read: {error!r}") from None
    for key in ("cpu", "num_cpu"):
        if kept[key] != defaults[key]:
            raise GateError(
                f"{file} is of a machine whose {key} is {kept[key]!r}, and here it is {defaults[key]!r}: "
                "name another machine with --machine"
            )
    return found


def require_paired(folder: Path, reference: bool) -> None:
    """Raise GateError where the machine's folder has results, and no reference: plain ``asv run`` took them."""
    if not reference and any(path.name != "machine.json" for path in folder.glob("*.json")):
        raise GateError(
            f"{folder} has results and no reference: what asv run measured and what pairs measure is not one history; "
            "name another machine with --machine"
        )
