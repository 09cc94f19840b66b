"""Measuring a history: each commit in each environment against the reference, and asv's files of results from it."""

import hashlib
import itertools
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from asv_gate import asvlink, comparable, workspace
from asv_gate.asvlink import Benchmark
from asv_gate.discovery import Discovery, file_of
from asv_gate.errors import GateError
from asv_gate.history import alongside, fixing, machine, package, packages, pairing, reference, replacing, rows, usual
from asv_gate.history.fixing import Anchor
from asv_gate.history.installed import Installed, discovered
from asv_gate.history.pairing import Base
from asv_gate.history.reference import Build, Reference, ReferenceTime, group_of
from asv_gate.history.request import HistoryRequest
from asv_gate.history.rows import Value
from asv_gate.history.spending import Spent
from asv_gate.journal import Journal
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.words import count, duration
from asv_gate.sides import matching
from asv_gate.workspace import Workspace

ASV = "asv_gate.history.asvresults"
PLAN_SECONDS = 600.0


@dataclass(frozen=True)
class Target:
    """A commit, with its date in milliseconds, in an environment as asv describes it."""

    commit: Mapping[str, Any]
    environment: Mapping[str, Any]

    @property
    def build(self) -> Build:
        return Build(self.commit["hash"], self.environment["name"])


@dataclass(frozen=True)
class Came:
    """What came of a target, in words.

    Attributes
    ----------
    measured
        Whether its package has results, or the suite has none of what was asked for.
    failed
        The benchmarks, and files of the suite, that fail, and how.
    missing
        The benchmarks that could not be compared: they fail in what they are measured against.
    has_asked
        Whether the suite has any benchmark that is asked for, or a file that fails and may have one.

    """

    target: Target
    words: str
    measured: bool
    failed: Mapping[str, str]
    missing: Mapping[str, str] = field(default_factory=dict)
    has_asked: bool = True


def run(request: HistoryRequest, progress: Progress) -> list[Came]:
    """Measure what has no results yet.

    Raises
    ------
    GateError
        Where nothing can be measured, before anything is.

    """
    space = Workspace(request.config)
    progress.stage("Reading the suite")
    asked = {"config": request.config.name, "range": request.commits, "pythons": list(request.pythons)}
    plan = asvlink.ask("plan", asked, request.config, PLAN_SECONDS, ASV)
    if not plan["commits"]:
        raise GateError(f"there are no commits in {request.commits}")
    targets = [Target(commit, environment) for commit in plan["commits"] for environment in plan["environments"]]
    with workspace.held(space.folder, "history") as ours:
        if not ours:
            raise GateError(f"another asv-gate history is at work in {space.folder}")
        history = _History(request, plan, space, progress)
        history.replace_reference()
        came = []
        for place, target in enumerate(targets, 1):
            history.measure_base(target)
            came.append(history.target(target, place, len(targets)))
            progress.stage(f"{target.build}: {came[-1].words}")
    if not any(each.has_asked for each in came):
        raise GateError(f"{request.commits} has no benchmark with a name like {' or '.join(request.bench or ['any'])}")
    return came


class _History:
    def __init__(self, request: HistoryRequest, plan: Mapping[str, Any], space: Workspace, progress: Progress) -> None:
        self.request, self.plan, self.progress = request, plan, progress
        name = request.machine or machine.name_of(plan["machine"])
        self.machine = machine.known(Path(plan["results"]), name, plan["machine"])
        self.folder = Path(plan["results"]) / name
        found = reference.load(self.folder)
        machine.require_paired(self.folder, found is not None)
        oldest = plan["commits"][0]["hash"]
        self.suite = asvlink.resolve(request.config, [request.reference or oldest], None)
        asked = self.suite.commits[request.reference or oldest]
        if request.replace and found is None:
            raise GateError(f"there is no reference of {name} to replace")
        if found is not None and request.reference and asked != found.build.commit and not request.replace:
            raise GateError(
                f"the reference of {name} is {found.build.commit[:8]}, not {request.reference}: "
                "leave --reference out, or replace it with --replace-reference"
            )
        self.reference = found or Reference(Build(asked, plan["environments"][-1]["name"]), self.machine)
        environments = {environment["name"]: environment for environment in plan["all"]}
        self.installed = Installed(space, self.suite, environments, progress.stage)
        self.has_base: dict[str, bool] = {}  # by environment
        self.packages = packages.load(self.folder)
        self.alongside = alongside.load(self.folder)

    def replace_reference(self) -> None:
        """Where it is asked for, measure another build against the reference, and make it the reference.

        Raises
        ------
        GateError
            Where the other build cannot be made; the reference stays.

        """
        old, request = self.reference, self.request
        if not request.replace or not request.reference:
            return
        names = [environment["name"] for environment in self.plan["environments"]]
        environment = old.build.environment if old.build.environment in names else names[-1]
        build = Build(self.suite.commits[request.reference], environment)
        if build == old.build:  # an interrupted run has done it
            return
        side = self.installed.to_stay(build)
        found = discovered(side)
        new = replacing.NewBuild(
            build,
            side,
            [each for each in found.benchmarks if each.type == "time"],
            {entry["name"]: str(entry["version"]) for entry in found.entries},
            rows.times(self.file(build), found.entries),
        )
        header = {
            "kind": "replacing the reference",
            "old": asdict(old.build),
            "new": asdict(build),
            "suite": workspace.digest(self.suite),
        }
        with self.journal(side, header) as journal:
            self.reference = replacing.replace_reference(
                old,
                new,
                side=self.installed.to_be_compared,
                journal=journal,
                when=f"{datetime.now(timezone.utc):%Y-%m-%d}",
                tell=self.progress.stage,
                done=self.progress.done,
            )
        kept = replacing.keep(old, self.folder)
        self.reference.save(self.folder)
        self.progress.stage(f"{self.reference.replaced[-1]}; what it was is in {kept}")

    def target(self, target: Target, place: int, of: int) -> Came:
        """Measure it, unless its results are there or its package was measured as another commit's."""
        title = f"{target.build}, {place} of {of}"
        try:
            side = self.target_side(target.build)
            return self.measured(target, side, title, package.digest(side.install))
        except GateError as error:
            return Came(target, f"could not be measured: {error}", False, {title: str(error)})

    def target_side(self, build: Build) -> Side:
        """The build, installed: in place of the one before in its environment, unless it is measured against."""
        if build == self.base_in(build.environment) or any(
            build == time.build for time in self.reference.times.values()
        ):
            return self.installed.to_stay(build)
        return self.installed.in_turn(build)

    def base_in(self, environment: str) -> Build:
        """The reference's commit in an environment.

        Two environments, as of two Pythons, do not change alike from hour to hour, so that steps between commits must
        be of pairs within one. This build is measured against the reference, and all others of its environment
        against it.
        """
        return Build(self.reference.build.commit, environment)

    def measure_base(self, target: Target) -> None:
        """Measure the reference's commit in the target's environment, once.

        Where that cannot be, the environment's builds are measured against the reference, as that one is.
        """
        name = target.build.environment
        base = self.base_in(name)
        if name in self.has_base or base in (self.reference.build, target.build):
            return
        self.has_base[name] = False
        try:
            asked = {"config": self.request.config.name, "range": base.commit, "pythons": []}
            commit = asvlink.ask("plan", asked, self.request.config, PLAN_SECONDS, ASV)["commits"][0]
            came = self.target(Target(commit, target.environment), 1, 1)
            words, self.has_base[name] = came.words, came.measured
        except GateError as error:
            words = f"could not be measured: {error}"
        self.progress.stage(f"{base}, which others are measured against there: {words}")

    def measured(self, target: Target, side: Side, title: str, digest: str) -> Came:
        """Measure what neither it nor a build of the same package has results of.

        Where it has none at all and such a build has some, the new ones are that build's: a commit that brings nothing
        but a benchmark would otherwise have that one result.
        """
        self.progress.stage(f"Importing the suite with {title}")
        found = discovered(side)
        asked = matching(found.benchmarks, self.request.bench)
        broken = self.broken(side, found, asked)
        if not asked and broken:
            return Came(target, "the suite cannot be imported", False, broken)
        if not asked:
            return Came(target, "it has none of the benchmarks that are asked for", True, {}, has_asked=False)
        wanted = self.unwritten(asked, target.build, found)
        if not wanted:
            self.packages.add(target.build, digest)
            failing = rows.failing(self.file(target.build), found.entries) & {each.name for each in asked}
            words = "measured before" + (f"; {len(failing)} failed then" if failing else "")
            return Came(target, words, True, {**broken, **dict.fromkeys(sorted(failing), "it failed then")})
        of = target
        is_base = target.build == self.base_in(target.build.environment) != self.reference.build
        again = self.request.again or is_base  # a base needs results of its own
        for build in () if again else self.packages.same(target.build, digest):
            left = self.unwritten(wanted, build, found)
            if not left:
                return Came(target, f"not measured: the same package as {build.commit[:8]}", True, broken)
            if len(left) < len(wanted) and not self.file(target.build).exists():
                of = Target({"hash": build.commit, "date": rows.date(self.file(build))}, target.environment)
            wanted = left
        began = time.time()
        timings = [each for each in wanted if each.type == "time"]
        with self.journal(side, self.header(target)) as journal:
            values = self.fixed(timings, side, target.build, found, journal)
            rest = [each for each in timings if each.name not in values]
            bases = self.bases(rest, target.build, found)
            spent = pairing.pairs(
                side,
                rest,
                bases,
                install=self.installed.to_be_compared,
                journal=journal,
                precision=self.request.precision,
                budget=self.request.budget,
                usual=usual.known(self.folder, target.build, found.entries, self.progress.stage),
                title=title,
                progress=self.progress,
            )
            values |= pairing.values(spent, bases)
        values |= self.metrics([each for each in wanted if each.type != "time"], side, title)
        failed = broken | {name: value.why for name, value in values.items() if value.failed}
        self.keep_alongside(of.build, spent, bases, found)
        self.save(of, found, values, began)
        self.packages.add(of.build, digest)
        words = self.words(values, spent)
        if self.has_base.get(target.build.environment) is False and not is_base:
            words += f"; against {self.reference.build}, since its commit could not be measured in this environment"
        if of is not target:
            words += f"; they are {of.build.commit[:8]}'s, which has the same package and the other results"
        missing = {name: spent.failed[name] for name in sorted(spent.base_alone)}
        return Came(target, words, True, failed, missing)

    def broken(self, side: Side, found: Discovery, asked: Sequence[Benchmark]) -> dict[str, str]:
        """The suite's files that cannot be imported, and how.

        With names that are asked for, those alone of which the reference has such a benchmark; all where none is found.
        """
        how = {file: f"cannot be imported: {comparable.last_line(error)}" for file, error in found.failed.items()}
        if not how or not asked or not self.request.bench:
            return how
        known = {
            file_of(side.suite, f"{side.suite.benchmarks.name}.{module}")
            for name in self.reference.times
            if any(re.search(pattern, name) for pattern in self.request.bench)
            for module in itertools.accumulate(group_of(name).split(".")[:-1], "{}.{}".format)
        }
        return {file: why for file, why in how.items() if any(file.startswith(each) for each in known)}

    def words(self, values: Mapping[str, Value], spent: Spent) -> str:
        """What came of a target's benchmarks."""
        failed, skipped = (sum(getattr(each, how) for each in values.values()) for how in ("failed", "skipped"))
        said = [f"{count(len(values) - failed - skipped, 'benchmark')} measured"]
        if spent.pairs:
            said[0] += f", in {duration(spent.seconds)} of pairs"
        if failed:
            said.append(f"{failed} failed")
        if skipped:
            said.append(f"{skipped} skipped")
        if spent.base_alone:
            said.append(f"{len(spent.base_alone)} not compared, since they fail in what they are measured against")
        estimates = [each.estimate for each in values.values() if each.estimate is not None]
        wide = sum(each.half() > math.log1p(self.request.precision) for each in estimates)
        if wide:
            said.append(f"the intervals of {wide} are wider than {self.request.precision:.1%}: the budget was spent")
        return "; ".join(said)

    def journal(self, side: Side, header: Mapping[str, Any]) -> Journal:
        """Of the pairs that were taken under these circumstances; under others there is another."""
        words = json.dumps(header, sort_keys=True).encode()
        return Journal(side.folder / f"journal-{hashlib.sha256(words).hexdigest()[:12]}.jsonl", header)

    def file(self, build: Build) -> Path:
        """Of a build's results."""
        return self.folder / rows.file_name(build)

    def header(self, target: Target) -> dict[str, Any]:
        """What a journal must have in common with a run to be gone on with."""
        return {
            "kind": "history",
            "commit": target.commit["hash"],
            "environment": target.environment["name"],
            "reference": str(self.reference.build),
            "suite": workspace.digest(self.suite),
        }

    def fixed(
        self, timings: Sequence[Benchmark], side: Side, build: Build, found: Discovery, journal: Journal
    ) -> dict[str, Value]:
        """Fix the reference times that are missing; the values of benchmarks whose time is of this very build."""
        versions = {entry["name"]: str(entry["version"]) for entry in found.entries}
        without: dict[str, str] = {}

        def current(each: Benchmark) -> ReferenceTime | None:
            time = self.reference.times.get(each.name)
            return time if time and time.version == versions[group_of(each.name)] else None

        for where in dict.fromkeys((self.reference.build, build)):
            missing = [each for each in timings if current(each) is None]
            if not missing:
                break
            there = side if where == build else self.installed.to_stay(where)
            known = found.benchmarks if where == build else discovered(there).benchmarks
            names = {each.name for each in known}
            has = [each for each in missing if each.name in names]
            times, without = fixing.fix(
                there,
                has,
                anchors=self.anchors(has, (there, where, known), versions),
                versions=versions,
                build=where,
                journal=journal,
                progress=self.progress,
            )
            self.reference = self.reference.with_times(times)
            if times:
                self.reference.save(self.folder)
        values = {}
        for each in timings:  # against itself there is nothing to measure
            time = current(each)
            if time is not None and time.build == build:
                values[each.name] = Value(time.seconds, half=time.half, pairs=time.pairs)
            elif time is None:
                values[each.name] = Value(why=without[each.name], skipped="skips itself" in without[each.name])
        return values

    def anchors(
        self,
        joining: Sequence[Benchmark],
        at_hand: tuple[Side, Build, Sequence[Benchmark]],
        versions: Mapping[str, str],
    ) -> dict[str, Anchor]:
        """Of each group that they join, the anchor, in the reference if there is one.

        `at_hand` is a build that is installed, and its benchmarks. An anchor of another one has that installed, as what
        is measured against it will need, too.
        """
        groups = {group_of(each.name) for each in joining}
        installed = {at_hand[1]: (at_hand[0], at_hand[2])}
        found: dict[str, Anchor] = {}
        for fixed in sorted(self.reference.times.values(), key=lambda time: time.build != self.reference.build):
            group = group_of(fixed.name)
            if group in found or group not in groups or (fixed.anchor, fixed.version) != (fixed.name, versions[group]):
                continue
            if fixed.build not in installed:
                side = self.installed.to_stay(fixed.build)
                installed[fixed.build] = side, discovered(side).benchmarks
            side, benchmarks = installed[fixed.build]
            for each in benchmarks:
                if each.name == fixed.name:
                    found[group] = Anchor(each, side, fixed)
        return found

    def bases(self, timings: Sequence[Benchmark], of: Build, found: Discovery) -> dict[str, Base]:
        """What each is measured against: the reference's commit in its environment, or else what fixed its time."""
        base = self.base_in(of.environment)
        has_base = base != of and self.has_base.get(of.environment, False)
        there = rows.times(self.file(base), found.entries) if has_base else {}
        bases = {}
        for name in (each.name for each in timings):
            fixed = self.reference.times[name]
            seconds, _ = there.get(name, (0.0, 0.0))
            build = base if seconds else fixed.build
            bases[name] = Base(build, seconds or fixed.seconds, fixed.cost, build == self.reference.build)
        return bases

    def keep_alongside(self, build: Build, spent: Spent, bases: Mapping[str, Base], found: Discovery) -> None:
        """Keep what the base of its environment took in the pairs, or else the reference.

        A build that fixed a benchmark's time in place of the reference counts as the reference.
        """
        took = spent.alongside()
        for base in (self.base_in(build.environment), self.reference.build):
            times = self.reference.times if base == self.reference.build else {}
            own = {
                name: each
                for name, each in took.items()
                if bases[name].build == base or (name in times and bases[name].build == times[name].build)
            }
            if own:
                versions = {entry["name"]: str(entry["version"]) for entry in found.entries}
                self.alongside.add(build, base, own, versions)
                break

    def metrics(self, benchmarks: Sequence[Benchmark], side: Side, title: str) -> dict[str, Value]:
        """The values that are no times, as asv takes them: of one process each."""
        if benchmarks:
            self.progress.stage(f"Running {count(len(benchmarks), 'benchmark')} of {title} that are no timings")
        values = {}
        for number, each in enumerate(benchmarks, 1):
            values[each.name] = _metric(side, each)
            self.progress.done(number, len(benchmarks))
        return values

    def unwritten(self, benchmarks: Sequence[Benchmark], build: Build, found: Discovery) -> list[Benchmark]:
        """Those that the build's file of results has not, with the version that they are now."""
        written = rows.written(self.file(build), found.entries)
        return [each for each in benchmarks if each.name not in written]

    def save(self, target: Target, found: Discovery, values: Mapping[str, Value], began: float) -> None:
        """Write the results whole."""
        self.reference.save(self.folder)  # its file also tells that results there are of pairs
        what = {
            "config": self.request.config.name,
            "machine": self.machine,
            "environment": target.environment,
            "commit": target.commit,
            "benchmarks": list(found.entries),
            "some_failed": bool(found.failed),
            "results": rows.rows(found.entries, values, began),
        }
        asvlink.ask("save", what, self.request.config, PLAN_SECONDS, ASV)


def _metric(side: Side, benchmark: Benchmark) -> Value:
    outcome = side.process(benchmark, {}, hash_seed=1)
    if outcome.failed:
        return Value(why=comparable.reason(outcome))
    return Value(skipped=True) if outcome.skipped else Value(seconds=outcome.value)
