"""A suite in the two environments of a pair, which are both the running Python: no building, no repository."""

import sys
from pathlib import Path

from asv_gate.asvlink import Install, Suite
from asv_gate.pair import Side


def sides(folder: Path, files: dict[str, str]) -> tuple[Side, Side]:
    """The same files for both, which are told by the variable WHO of their environment who they are."""
    (folder / "bench").mkdir(exist_ok=True)
    for name, text in {"__init__.py": "", **files}.items():
        path = folder / "bench" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    suite = Suite("made up", folder, folder / "bench", "", [], {}, False, 60.0, "")
    made = []
    for who in ("base", "head"):
        own = folder / who
        own.mkdir(exist_ok=True)
        variables = {"WHO": who, "LOG": str(folder / "log")}
        made.append(Side(suite, Install(who, who, own, [sys.executable], variables), own))
    return made[0], made[1]


class Silent:
    """Progress that is remembered."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.stages: list[str] = []
        self.shares: list[float] = []

    def stage(self, words: str) -> None:
        self.stages.append(words)

    def done(self, part: float, whole: float) -> None:
        self.shares.append(part / whole)

    def item(self, words: str) -> None:
        self.items.append(words)
