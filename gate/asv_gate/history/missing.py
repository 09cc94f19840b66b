"""The reference times that benchmarks lack: fixed in the reference, or in the first build that has the benchmark."""

from collections.abc import Mapping, Sequence

from asv_gate.asvlink import Benchmark
from asv_gate.discovery import Discovery
from asv_gate.history import fixing
from asv_gate.history.fixing import Anchor
from asv_gate.history.installed import Installed, discovered
from asv_gate.history.records import Records
from asv_gate.history.reference import Build, ReferenceTime, group_of
from asv_gate.history.rows import Value
from asv_gate.journal import Journal
from asv_gate.pair import Side
from asv_gate.progress import Progress


def fixed(
    records: Records,
    installed: Installed,
    timings: Sequence[Benchmark],
    at_hand: tuple[Side, Build, Discovery],
    *,
    journal: Journal,
    progress: Progress,
) -> dict[str, Value]:
    """Fix what is missing.

    Parameters
    ----------
    records
        Of the machine; the times are added to them.
    installed
        Installs the reference, and what has an anchor.
    timings
        The benchmarks that are to have times.
    at_hand
        The build that has these: installed, what it is, and all of its benchmarks.
    journal
        Every pair is in it, and is not measured again.
    progress
        Told of each group, and of each pair.

    Returns
    -------
    The values of benchmarks whose time is of this very build, and of those that have none, with the reason.

    """
    side, build, found = at_hand
    versions = {entry["name"]: str(entry["version"]) for entry in found.entries}
    without: dict[str, str] = {}

    def current(each: Benchmark) -> ReferenceTime | None:
        time = records.reference.times.get(each.name)
        return time if time and time.version == versions[group_of(each.name)] else None

    for where in dict.fromkeys((records.reference.build, build)):
        missing = [each for each in timings if current(each) is None]
        if not missing:
            break
        there = side if where == build else installed.to_stay(where)
        known = found.benchmarks if where == build else discovered(there).benchmarks
        names = {each.name for each in known}
        has = [each for each in missing if each.name in names]
        times, without = fixing.fix(
            there,
            has,
            anchors=_anchors(records, installed, has, (there, where, known), versions),
            versions=versions,
            build=where,
            journal=journal,
            progress=progress,
        )
        records.add_times(times)
    values = {}
    for each in timings:  # against itself there is nothing to measure
        time = current(each)
        if time is not None and time.build == build:
            values[each.name] = Value(time.seconds, half=time.half, pairs=time.pairs)
        elif time is None:
            values[each.name] = Value(why=without[each.name], skipped="skips itself" in without[each.name])
    return values


def _anchors(
    records: Records,
    installed: Installed,
    joining: Sequence[Benchmark],
    at_hand: tuple[Side, Build, Sequence[Benchmark]],
    versions: Mapping[str, str],
) -> dict[str, Anchor]:
    """Of each group that they join, the anchor, in the reference if there is one.

    `at_hand` is a build that is installed, and its benchmarks. An anchor of another one has that installed, as what
    is measured against it will need, too.
    """
    groups = {group_of(each.name) for each in joining}
    there = {at_hand[1]: (at_hand[0], at_hand[2])}
    found: dict[str, Anchor] = {}
    reference = records.reference
    for time in sorted(reference.times.values(), key=lambda time: time.build != reference.build):
        group = group_of(time.name)
        if group in found or group not in groups or (time.anchor, time.version) != (time.name, versions[group]):
            continue
        if time.build not in there:
            side = installed.to_stay(time.build)
            there[time.build] = side, discovered(side).benchmarks
        side, benchmarks = there[time.build]
        for each in benchmarks:
            if each.name == time.name:
                found[group] = Anchor(each, side, time)
    return found
