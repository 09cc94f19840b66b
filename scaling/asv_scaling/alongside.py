"""``alongside.jsonl`` of a machine: what each build was measured against, and what that took meanwhile."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

NAME = "alongside.jsonl"
Build = tuple[str, str]  # a commit and an environment


class Taken(NamedTuple):
    """A build that was measured.

    `against` is what it was measured against, and `logs` are the logarithms of what that took, by benchmark with
    parameters. `versions` are those of benchmarks without parameters; older lines have none.
    """

    build: Build
    against: Build
    logs: Mapping[str, float]
    versions: Mapping[str, str]


def read(folder: Path, warn: Callable[[str], None]) -> list[Taken]:
    """The lines of a machine's folder of results; a warning for each that cannot be read, and none without a file."""
    path = folder / NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        warn(f"{path} cannot be read: {error}")
        return []
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(_taken(json.loads(line)))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            warn(f"{path}: line {number} cannot be read and is left out ({type(error).__name__}: {error})")
    return found


def build_of(told: Mapping[str, Any]) -> Build:
    """A build as a line has it."""
    return str(told["commit"]), str(told["environment"])


def _taken(line: Mapping[str, Any]) -> Taken:
    commit, environment = map(str, line["reference"])
    logs = {str(name): math.log(seconds) for name, (seconds, _) in line["times"].items()}
    return Taken(build_of(line), (commit, environment), logs, line.get("versions", {}))
