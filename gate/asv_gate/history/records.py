"""What the folder of a machine's results knows: its reference, the results of builds, and the files beside these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv_gate.asvlink import Benchmark
from asv_gate.discovery import Discovery
from asv_gate.errors import GateError
from asv_gate.history import alongside, machine, packages, reference, replacing, rows
from asv_gate.history.alongside import Alongside
from asv_gate.history.packages import Packages
from asv_gate.history.reference import Build, Reference, ReferenceTime
from asv_gate.history.request import HistoryRequest


@dataclass
class Records:
    """What is known of a machine.

    Attributes
    ----------
    folder
        Of its results.
    machine
        What asv keeps of it.
    reference, packages, alongside
        The files beside the results. The reference is written with the first times, or results, that it has.

    """

    folder: Path
    machine: Mapping[str, str]
    reference: Reference
    packages: Packages
    alongside: Alongside

    def base_in(self, environment: str) -> Build:
        """The reference's commit in an environment.

        Two environments, as of two Pythons, do not change alike from hour to hour, so that steps between commits must
        be of pairs within one. This build is measured against the reference, and all others of its environment
        against it.
        """
        return Build(self.reference.build.commit, environment)

    def are_compared_with(self, build: Build) -> bool:
        """Whether others are measured against the build."""
        return build == self.base_in(build.environment) or any(
            build == time.build for time in self.reference.times.values()
        )

    def file(self, build: Build) -> Path:
        """Of a build's results."""
        return self.folder / rows.file_name(build)

    def times(self, build: Build, found: Discovery) -> dict[str, tuple[float, float]]:
        """By benchmark its time in the build's results, and half of the 95 % interval of the logarithm."""
        return rows.times(self.file(build), found.entries)

    def unwritten(self, benchmarks: Sequence[Benchmark], build: Build, found: Discovery) -> list[Benchmark]:
        """Those that the build's file of results has not, with the version that they are now."""
        written = rows.written(self.file(build), found.entries)
        return [each for each in benchmarks if each.name not in written]

    def add_times(self, times: Mapping[str, ReferenceTime]) -> None:
        """Keep times of the reference, and write its file whole."""
        if times:
            self.reference = self.reference.with_times(times)
            self.reference.save(self.folder)

    def replace_reference(self, new: Reference) -> Path:
        """Write another reference; the file, beside it, that has the one before."""
        kept = replacing.keep(self.reference, self.folder)
        self.reference = new
        new.save(self.folder)
        return kept


def load(request: HistoryRequest, plan: Mapping[str, Any], commits: Mapping[str, str]) -> Records:
    """What is known of the machine that the request names, or this one.

    Parameters
    ----------
    request
        Its reference and machine are looked at.
    plan
        What asv says of the machine, the commits and the environments.
    commits
        By the name in the request, or the oldest commit's, the hash of what may be the reference.

    Raises
    ------
    GateError
        For results of something else, a broken file, and another reference than that which is there.

    """
    name = request.machine or machine.name_of(plan["machine"])
    facts = machine.known(Path(plan["results"]), name, plan["machine"])
    folder = Path(plan["results"]) / name
    found = reference.load(folder)
    machine.require_paired(folder, found is not None)
    asked = commits[request.reference or plan["commits"][0]["hash"]]
    if request.replace and found is None:
        raise GateError(f"there is no reference of {name} to replace")
    if found is not None and request.reference and asked != found.build.commit and not request.replace:
        raise GateError(
            f"the reference of {name} is {found.build.commit[:8]}, not {request.reference}: "
            "leave --reference out, or replace it with --replace-reference"
        )
    of = found or Reference(Build(asked, plan["environments"][-1]["name"]), facts)
    return Records(folder, facts, of, packages.load(folder), alongside.load(folder))
