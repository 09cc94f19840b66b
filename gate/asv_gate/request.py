"""What a run is asked to do."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from asv_gate import workspace
from asv_gate.asvlink import Suite
from asv_gate.decide import Settings

METRIC_THRESHOLD = 0.05


@dataclass(frozen=True)
class Request:
    """Two commits by name, the suite, and how to judge.

    Parameters
    ----------
    base, head
        Names of commits, as git knows them.
    config
        The suite's asv.conf.json.
    python
        One of the config's Pythons, such as ``"3.13"``; by default the one that runs asv-gate.
    environment
        As asv takes it: ``"conda"``, ``"virtualenv:3.12"``, or the name of one of the config's matrix.
    bench
        Regular expressions; a benchmark is measured if any is found in its name. By default all are.
    settings
        Of the decision on timings.
    metric_threshold
        The change, as a fraction, from which a metric that does not vary counts as changed.
    timeout
        Seconds that no benchmark may go beyond; by default what the suite says.
    installations
        Of each commit, 1 or 2.
    seed
        Of coins, order and hash seeds; by default by chance.
    require_power
        The slowdown, as a fraction, that the run must have been able to detect.
    resume
        Go on with the last run that was asked the same and did not come to its end.
    prune
        Keep of ``.asv-gate`` what the next run against the same base can use, and this run's reports.

    """

    base: str
    head: str = "HEAD"
    config: Path = Path("asv.conf.json")
    python: str | None = None
    environment: str | None = None
    bench: Sequence[str] = ()
    settings: Settings = field(default_factory=Settings)
    metric_threshold: float = METRIC_THRESHOLD
    timeout: float | None = None
    installations: int = 2
    seed: int | None = None
    require_power: float | None = None
    resume: bool = False
    prune: bool = False

    def commits(self, suite: Suite) -> tuple[str, str]:
        """The hashes of base and head."""
        return suite.commits[self.base], suite.commits[self.head]

    def header(self, suite: Suite) -> dict[str, Any]:
        """All that two runs must have in common for one to go on with the other, as the journal's first line."""
        base, head = self.commits(suite)
        return {
            "kind": "run",
            "base": base,
            "head": head,
            "environment": suite.environment,
            "suite": workspace.digest(suite),
            "bench": list(self.bench),
            "settings": asdict(self.settings),
            "metric_threshold": self.metric_threshold,
            "timeout": self.timeout,
            "installations": self.installations,
        }
