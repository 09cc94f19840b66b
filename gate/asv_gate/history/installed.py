"""The builds of a history, installed: what others are measured against stays, and the rest come one after the other."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from asv_gate.asvlink import Install, Suite
from asv_gate.discovery import Discovery, discover
from asv_gate.errors import GateError
from asv_gate.history.reference import Build
from asv_gate.journal import Journal
from asv_gate.pair import Side
from asv_gate.workspace import Workspace


@dataclass(frozen=True)
class Installed:
    """The builds that were asked for.

    Attributes
    ----------
    space
        Where they are installed.
    suite
        The suite whose project they are of.
    environments
        By name, as asv describes them.
    tell
        Told of each that is built.

    """

    space: Workspace
    suite: Suite
    environments: Mapping[str, Mapping[str, Any]]
    tell: Callable[[str], None]
    _stay: dict[Build, Side] = field(default_factory=dict)

    def to_stay(self, build: Build) -> Side:
        """A build that others are measured against, installed once. Raises GateError where it cannot be."""
        if build not in self._stay:
            if build.environment not in self.environments:
                raise GateError(f"the reference is of {build.environment}, which asv.conf.json no longer makes")
            suite = self._suite(build)
            self._stay[build] = self._side(suite, build, self.space.install(suite, build.commit, "a", self.tell))
        os.utime(self._stay[build].install.folder)  # in use: a run removes what nothing has asked for in a day
        return self._stay[build]

    def to_be_compared(self, build: Build) -> Side:
        """The same, with what its benchmarks are called."""
        side = self.to_stay(build)
        if not side.ids:
            discovered(side)
        return side

    def in_turn(self, build: Build) -> Side:
        """A build in place of the one before it in its environment. Raises GateError where it cannot be installed."""
        suite = self._suite(build)
        return self._side(suite, build, self.space.install_over(suite, build.commit, self.tell))

    def _suite(self, build: Build) -> Suite:
        """The suite in the build's environment."""
        environment = self.environments[build.environment]
        return replace(
            self.suite,
            environment=environment["name"],
            python=environment["python"],
            specifier=None,
            setup_hash=environment["setup_hash"],
        )

    def _side(self, suite: Suite, build: Build, install: Install) -> Side:
        """What was installed, with a folder for its journal and caches."""
        folder = self.space.folder / "history" / f"{build.commit[:12]}-{install.folder.name[-8:]}"
        folder.mkdir(parents=True, exist_ok=True)
        return Side(suite, install, folder)


def discovered(side: Side) -> Discovery:
    """The benchmarks that the suite has with a build, by which they are run from then on."""
    found = discover(side.suite, side.install)
    side.ids = found.ids
    return found


def journal_of(side: Side, header: Mapping[str, Any]) -> Journal:
    """Of the pairs that were taken with a build under these circumstances; under others there is another."""
    words = json.dumps(header, sort_keys=True).encode()
    return Journal(side.folder / f"journal-{hashlib.sha256(words).hexdigest()[:12]}.jsonl", header)
