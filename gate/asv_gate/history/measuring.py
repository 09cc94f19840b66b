"""Measuring a history: each commit in each environment against the reference, and asv's files of results from it."""

import itertools
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any

from asv_gate import asvlink, comparable, workspace
from asv_gate.asvlink import Benchmark
from asv_gate.discovery import Discovery, file_of
from asv_gate.errors import GateError
from asv_gate.history import comparing, missing, package, pairing, records, replacing, rows, usual
from asv_gate.history.comparing import Against
from asv_gate.history.installed import Installed, discovered, journal_of
from asv_gate.history.reference import Build, group_of
from asv_gate.history.request import HistoryRequest
from asv_gate.history.rows import Value
from asv_gate.history.spending import Spent
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
        named = request.reference or plan["commits"][0]["hash"]
        self.suite = asvlink.resolve(request.config, [named], None)
        self.records = records.load(request, plan, self.suite.commits)
        environments = {environment["name"]: environment for environment in plan["all"]}
        self.installed = Installed(space, self.suite, environments, progress.stage)
        self.has_base: dict[str, bool] = {}  # by environment

    def replace_reference(self) -> None:
        """Where it is asked for, measure another build against the reference, and make it the reference.

        Raises
        ------
        GateError
            Where the other build cannot be made; the reference stays.

        """
        old, request = self.records.reference, self.request
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
            self.records.times(build, found),
        )
        header = {
            "kind": "replacing the reference",
            "old": asdict(old.build),
            "new": asdict(build),
            "suite": workspace.digest(self.suite),
        }
        with journal_of(side, header) as journal:
            replaced = replacing.replace_reference(
                old,
                new,
                side=self.installed.to_be_compared,
                journal=journal,
                when=f"{datetime.now(timezone.utc):%Y-%m-%d}",
                tell=self.progress.stage,
                done=self.progress.done,
            )
        kept = self.records.replace_reference(replaced)
        self.progress.stage(f"{replaced.replaced[-1]}; what it was is in {kept}")

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
        if self.records.are_compared_with(build):
            return self.installed.to_stay(build)
        return self.installed.in_turn(build)

    def measure_base(self, target: Target) -> None:
        """Measure the reference's commit in the target's environment, once.

        Where that cannot be, the environment's builds are measured against the reference, as that one is.
        """
        name = target.build.environment
        base = self.records.base_in(name)
        if name in self.has_base or base in (self.records.reference.build, target.build):
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
        wanted = self.records.unwritten(asked, target.build, found)
        if not wanted:
            self.records.packages.add(target.build, digest)
            failing = rows.failing(self.records.file(target.build), found.entries) & {each.name for each in asked}
            words = "measured before" + (f"; {len(failing)} failed then" if failing else "")
            return Came(target, words, True, {**broken, **dict.fromkeys(sorted(failing), "it failed then")})
        of = target
        is_base = target.build == self.records.base_in(target.build.environment) != self.records.reference.build
        again = self.request.again or is_base  # a base needs results of its own
        for build in () if again else self.records.packages.same(target.build, digest):
            left = self.records.unwritten(wanted, build, found)
            if not left:
                return Came(target, f"not measured: the same package as {build.commit[:8]}", True, broken)
            if len(left) < len(wanted) and not self.records.file(target.build).exists():
                of = Target({"hash": build.commit, "date": rows.date(self.records.file(build))}, target.environment)
            wanted = left
        began = time.time()
        timings = [each for each in wanted if each.type == "time"]
        with journal_of(side, self.header(target)) as journal:
            at_hand = side, target.build, found
            values = missing.fixed(
                self.records, self.installed, timings, at_hand, journal=journal, progress=self.progress
            )
            rest = [each for each in timings if each.name not in values]
            against = self.against(target.build, found) if rest else Against(target.build)
            bases = comparing.bases(self.records, rest, against)
            spent = pairing.pairs(
                side,
                rest,
                bases,
                install=self.installed.to_be_compared,
                journal=journal,
                precision=self.request.precision,
                budget=self.request.budget,
                usual=usual.known(self.records.folder, target.build, found.entries, self.progress.stage),
                title=title,
                progress=self.progress,
            )
            values |= pairing.values(spent, bases)
        values |= self.metrics([each for each in wanted if each.type != "time"], side, title)
        failed = broken | {name: value.why for name, value in values.items() if value.failed}
        comparing.keep_alongside(self.records, of.build, against, spent, bases=bases, found=found)
        self.save(of, found, values, began)
        self.records.packages.add(of.build, digest)
        words = self.words(values, spent)
        if self.has_base.get(target.build.environment) is False and not is_base:
            words += f"; against {self.records.reference.build}"
            words += ", since its commit could not be measured in this environment"
        if of is not target:
            words += f"; they are {of.build.commit[:8]}'s, which has the same package and the other results"
        not_compared = {name: spent.failed[name] for name in sorted(spent.base_alone)}
        return Came(target, words, True, failed, not_compared)

    def broken(self, side: Side, found: Discovery, asked: Sequence[Benchmark]) -> dict[str, str]:
        """The suite's files that cannot be imported, and how.

        With names that are asked for, those alone of which the reference has such a benchmark; all where none is found.
        """
        how = {file: f"cannot be imported: {comparable.last_line(error)}" for file, error in found.failed.items()}
        if not how or not asked or not self.request.bench:
            return how
        known = {
            file_of(side.suite, f"{side.suite.benchmarks.name}.{module}")
            for name in self.records.reference.times
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

    def header(self, target: Target) -> dict[str, Any]:
        """What a journal must have in common with a run to be gone on with."""
        return {
            "kind": "history",
            "commit": target.commit["hash"],
            "environment": target.environment["name"],
            "reference": str(self.records.reference.build),
            "suite": workspace.digest(self.suite),
        }

    def against(self, of: Build, found: Discovery) -> Against:
        """What its benchmarks are measured against in its environment."""
        has_base = self.has_base.get(of.environment, False)
        return comparing.against(self.records, self.installed, of, found, has_base=has_base)

    def metrics(self, benchmarks: Sequence[Benchmark], side: Side, title: str) -> dict[str, Value]:
        """The values that are no times, as asv takes them: of one process each."""
        if benchmarks:
            self.progress.stage(f"Running {count(len(benchmarks), 'benchmark')} of {title} that are no timings")
        values = {}
        for number, each in enumerate(benchmarks, 1):
            values[each.name] = _metric(side, each)
            self.progress.done(number, len(benchmarks))
        return values

    def save(self, target: Target, found: Discovery, values: Mapping[str, Value], began: float) -> None:
        """Write the results whole."""
        self.records.reference.save(self.records.folder)  # its file also tells that results there are of pairs
        what = {
            "config": self.request.config.name,
            "machine": self.records.machine,
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
