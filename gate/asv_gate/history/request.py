"""What a history is asked to measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asv_gate.errors import GateError


@dataclass(frozen=True)
class HistoryRequest:
    """Commits, environments, and how precisely they are measured.

    Parameters
    ----------
    commits
        A commit, or a range of commits as git knows them.
    reference
        The commit that all are measured against; by default the one of the machine's reference file, and where
        there is none yet the oldest of `commits`.
    config
        The suite's asv.conf.json.
    pythons
        Of the config's Pythons; by default all.
    bench
        Regular expressions; a benchmark is measured if any is found in its name.
    machine
        Its name in the results; by default made from its CPU model and number of CPUs.
    precision
        Half the width of the 95 % interval at which a benchmark is done, as a fraction.
    budget
        Seconds of pairs for each commit in each environment; the fewest of each benchmark are taken in any case.
    replace
        Make `reference` the machine's reference in place of the one that it has.
    again
        Measure also what has the same package as a commit that has results.

    """

    commits: str = "HEAD"
    reference: str | None = None
    config: Path = Path("asv.conf.json")
    pythons: Sequence[str] = ()
    bench: Sequence[str] = ()
    machine: str | None = None
    precision: float = 0.02
    budget: float = 300.0
    replace: bool = False
    again: bool = False

    def __post_init__(self) -> None:
        if self.replace and not self.reference:
            raise GateError("--replace-reference needs the commit that is to be the reference: --reference")
        if not 0 < self.precision < 1:
            raise GateError(f"the precision must be above 0 and below 100 %, not {self.precision:.3%}")
        if not 0 < self.budget < float("inf"):
            raise GateError(f"the budget must be a time above 0, not {self.budget:g} s")
