"""What a run is asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from asv_gate import asvlink, workspace
from asv_gate.asvlink import Suite
from asv_gate.decide import Settings
from asv_gate.errors import GateError

METRIC_THRESHOLD = 0.05


@dataclass(frozen=True)
class Choice:
    """What a side's environment is asked to be; what is not said is as the suite's config has it.

    Parameters
    ----------
    python
        One of the config's Pythons, such as ``"3.13"``.
    specifier
        As asv takes it: ``"conda"``, ``"virtualenv:3.12"``, or the name of one of the config's matrix.
    requirements
        By name, the versions of packages.
    variables
        The values of variables of its processes.

    """

    python: str | None = None
    specifier: str | None = None
    requirements: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self != Choice()

    def over(self, other: "Choice") -> "Choice":
        """The other one, but for what this one says."""
        return Choice(
            self.python or other.python,
            self.specifier or other.specifier,
            {**other.requirements, **self.requirements},
            {**other.variables, **self.variables},
        )

    def resolve(self, config: Path, names: Sequence[str]) -> Suite:
        """The suite in this environment, with commits looked up by these names."""
        return asvlink.resolve(
            config, names, self.python, self.specifier, requirements=self.requirements, variables=self.variables
        )


@dataclass(frozen=True)
class Request:
    """Two commits by name, the suite, its environment or two of them, and how to judge.

    Parameters
    ----------
    base, head
        Names of commits, as git knows them.
    config
        The suite's asv.conf.json.
    choice
        The environment of both commits; by default that of the Python which runs asv-gate.
    base_choice
        In what base's environment is to differ.
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
    of_several
        Whether the run is one of several, in an environment each. To resume them is to go on with those that have been
        begun, though some came to their end, and to begin the others; their seed tells that they belong together.
    prune
        Keep of ``.asv-gate`` what the next run against the same base can use, and this run's reports.

    """

    base: str
    head: str = "HEAD"
    config: Path = Path("asv.conf.json")
    choice: Choice = field(default_factory=Choice)
    base_choice: Choice = field(default_factory=Choice)
    bench: Sequence[str] = ()
    settings: Settings = field(default_factory=Settings)
    metric_threshold: float = METRIC_THRESHOLD
    timeout: float | None = None
    installations: int = 2
    seed: int | None = None
    require_power: float | None = None
    resume: bool = False
    of_several: bool = False
    prune: bool = False

    def commits(self, suite: Suite) -> tuple[str, str]:
        """The hashes of base and head."""
        return suite.commits[self.base], suite.commits[self.head]

    def suites(self) -> tuple[Suite, Suite]:
        """The suite in base's environment and in head's.

        Raises
        ------
        GateError
            Where base's was asked for, and nothing differs.

        """
        head = self.choice.resolve(self.config, [self.base, self.head])
        if not self.base_choice:
            return head, head
        base = replace(self.base_choice.over(self.choice).resolve(self.config, []), commits=head.commits)
        if base.setup_hash == head.setup_hash and len(set(self.commits(head))) == 1:
            raise GateError(f"base and head are equal in everything: both are {self.head} in {head.environment}")
        return base, head

    def header(self, suites: tuple[Suite, Suite]) -> dict[str, Any]:
        """All that two runs must have in common for one to go on with the other, as the journal's first line."""
        suite = suites[1]
        base, head = self.commits(suite)
        return {
            "kind": "run",
            "base": base,
            "head": head,
            "environment": suite.environment,
            "setups": [each.setup_hash for each in suites],
            "suite": workspace.digest(suite),
            "bench": list(self.bench),
            "settings": asdict(self.settings),
            "metric_threshold": self.metric_threshold,
            "timeout": self.timeout,
            "installations": self.installations,
        }
