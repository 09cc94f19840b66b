"""What a build is measured against: another of its environment, or the reference; and what that took meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asv_gate.asvlink import Benchmark
from asv_gate.discovery import Discovery
from asv_gate.errors import GateError
from asv_gate.history.installed import Installed
from asv_gate.history.pairing import Base
from asv_gate.history.records import Records
from asv_gate.history.reference import Build
from asv_gate.history.spending import Spent


@dataclass(frozen=True)
class Against:
    """A build, and the times that the results have of it: without any, nothing is measured against it for these."""

    build: Build
    times: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def against(records: Records, installed: Installed, of: Build, found: Discovery, *, has_base: bool) -> Against:
    """What a build is measured against in its environment.

    It is the reference's commit there. For this commit itself it is what had its place before the reference was
    replaced, so that the environment's series goes on within it.

    Parameters
    ----------
    records
        Of the machine.
    installed
        Tells whether what had the place before can still be made.
    of
        The build that is to be measured, and `found` its benchmarks.
    has_base
        Whether the reference's commit could be measured in its environment.

    """
    base = records.base_in(of.environment)
    if of != base:
        return Against(base, records.times(base, found) if has_base else {})
    for replaced in reversed(records.reference.replaced):
        before = Build(replaced.build.commit, of.environment)
        times = records.times(before, found)
        if times:
            try:
                installed.to_be_compared(before)
                return Against(before, times)
            except GateError as error:
                installed.tell(f"{before} can no longer be made: {str(error).partition(chr(10))[0]}")
    return Against(base)


def bases(records: Records, timings: Sequence[Benchmark], other: Against) -> dict[str, Base]:
    """What each benchmark is measured against: a build of its environment, by its times, or else what fixed its own."""
    reference, found = records.reference, {}
    for name in (each.name for each in timings):
        fixed = reference.times[name]
        seconds, _ = other.times.get(name, (0.0, 0.0))
        build = other.build if seconds else fixed.build
        found[name] = Base(build, seconds or fixed.seconds, fixed.cost, build == reference.build)
    return found


def keep_alongside(
    records: Records, of: Build, other: Against, spent: Spent, *, bases: Mapping[str, Base], found: Discovery
) -> None:
    """Keep what it was measured against took in the pairs: the build of its environment, or else the reference.

    A build that fixed a benchmark's time in place of the reference counts as the reference.
    """
    took = spent.alongside()
    for base in (other.build, records.reference.build):
        times = records.reference.times if base == records.reference.build else {}
        own = {
            name: each
            for name, each in took.items()
            if bases[name].build == base or (name in times and bases[name].build == times[name].build)
        }
        if own:
            versions = {entry["name"]: str(entry["version"]) for entry in found.entries}
            records.alongside.add(of, base, own, versions)
            break
