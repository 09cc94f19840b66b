"""The packages of a machine's history: by commit and environment, the digest of what was installed.

A later run, also on another machine that is given nothing but the results, so knows which commits change nothing that
runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asv_gate.history.lines import Lines
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
        LINES.save(self.folder, self.digests)

    def same(self, build: Build, digest: str) -> list[Build]:
        """The other builds in the same environment that had this digest."""
        return [
            each
            for each, found in self.digests.items()
            if found == digest and each.environment == build.environment and each.commit != build.commit
        ]


def load(folder: Path) -> Packages:
    """What is known of the machine whose results are in the folder. Raises GateError for a file that is broken."""
    return Packages(folder, LINES.load(folder))


def _digest(line: Mapping[str, object]) -> str:
    if set(line) != KEYS or not all(isinstance(value, str) for value in line.values()):
        raise ValueError(f"a line has not {', '.join(sorted(KEYS))}, each a text")
    return str(line["digest"])


LINES = Lines(NAME, lambda digest: {"digest": digest}, _digest, "what is unchanged is measured again")
