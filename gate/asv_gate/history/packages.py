"""The packages of a machine's history: by commit and environment, the digest of what was installed.

It is a file of JSON lines beside the machine's results, so that a later run, also on another machine that is given
nothing but the results, knows which commits change nothing that runs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asv_gate.atomic import write_atomic
from asv_gate.errors import GateError
from asv_gate.history.reference import Build

NAME = "packages.jsonl"
KEYS = {"commit", "environment", "digest"}


@dataclass
class Packages:
    """The digests by build; see `asv_gate.history.package`."""

    folder: Path
    digests: dict[Build, str] = field(default_factory=dict)

    def add(self, build: Build, digest: str) -> None:
        """Keep the digest of a build that has results, and write the file whole."""
        if self.digests.get(build) == digest:
            return
        self.digests[build] = digest
        write_atomic(self.folder / NAME, self.text())

    def text(self) -> str:
        """What a file of them holds."""
        lines = [
            {"commit": each.commit, "environment": each.environment, "digest": found}
            for each, found in sorted(self.digests.items(), key=lambda item: (item[0].environment, item[0].commit))
        ]
        return "".join(f"{json.dumps(line)}\n" for line in lines)

    def same(self, build: Build, digest: str) -> list[Build]:
        """The other builds in the same environment that had this digest."""
        return [
            each
            for each, found in self.digests.items()
            if found == digest and each.environment == build.environment and each.commit != build.commit
        ]


def load(folder: Path) -> Packages:
    """What is known of the machine whose results are in the folder.

    Raises
    ------
    GateError
        For a file that is broken.

    """
    path = folder / NAME
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        return Packages(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None


def parse(text: str, path: Path) -> Packages:
    """What a file's text says. Raises GateError, which names the file, where it is broken."""
    try:
        lines = [json.loads(line) for line in text.splitlines()]
        digests = {Build(line["commit"], line["environment"]): _digest(line) for line in lines}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path, error) from None
    return Packages(path.parent, digests)


def joined(theirs: str, ours: str, path: Path) -> str:
    """The text of what two machines of one name know. Raises GateError where one of them is broken."""
    there, here = parse(theirs, path), parse(ours, path)
    return Packages(path.parent, {**there.digests, **here.digests}).text()


def _unreadable(path: Path, error: Exception) -> GateError:
    return GateError(
        f"{path} cannot be read ({error!r}): restore it, or remove it, and what is unchanged is measured again"
    )


def _digest(line: Mapping[str, object]) -> str:
    if set(line) != KEYS or not all(isinstance(value, str) for value in line.values()):
        raise ValueError(f"a line has not {', '.join(sorted(KEYS))}, each a text")
    return str(line["digest"])
