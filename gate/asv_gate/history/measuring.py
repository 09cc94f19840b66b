"""Measuring a history: each commit in each environment against the reference, and asv's files of results from it."""

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from asv_gate import asvlink, comparable, workspace
from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.discovery import Discovery, discover
from asv_gate.errors import GateError
from asv_gate.history import alongside, fixing, machine, package, packages, reference, replacing, rows
from asv_gate.history.fixing import group_of
from asv_gate.history.reference import Build, Reference
from asv_gate.history.request import HistoryRequest
from asv_gate.history.rows import Value
from asv_gate.history.spending import PairTaken, Spent, expected, fitting, forecast, spend
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
class Base:
    """What a benchmark is measured against: a build, its time there in seconds, and the seconds that a pair takes."""

    build: Build
    time: float
    cost: float


@dataclass(frozen=True)
class Came:
    """What came of a target, in words; whether its package has results, and the benchmarks that failed."""

    target: Target
    words: str
    measured: bool
    failed: Mapping[str, str]


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
    history = _History(request, space, plan, progress)
    with workspace.held(space.folder, "history") as ours:
        if not ours:
            raise GateError(f"another asv-gate history is at work in {space.folder}")
        history.replace_reference()
        came = []
        for place, target in enumerate(targets, 1):
            history.measure_base(target)
            came.append(history.target(target, place, len(targets)))
            progress.stage(f"{target.build}: {came[-1].words}")
        return came


class _History:
    def __init__(self, request: HistoryRequest, space: Workspace, plan: Mapping[str, Any], progress: Progress) -> None:
        self.request, self.space, self.plan, self.progress = request, space, plan, progress
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
        self.environments = {environment["name"]: environment for environment in plan["all"]}
        self.sides: dict[Build, Side] = {}
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
        side = self.side(build)
        found = discover(side.suite, side.install)
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
                side=self.side,
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

    def target_side(self, build: Build) -> Side:
        """The build, installed: in place of the one before in its environment, unless it is measured against."""
        if build == self.base_in(build.environment) or any(
            build == time.build for time in self.reference.times.values()
        ):
            return self.side(build)
        suite = in_environment(self.suite, self.environments[build.environment])
        return self.prepared(suite, build, self.space.install_over(suite, build.commit, self.progress.stage))

    def side(self, build: Build) -> Side:
        """The build that others are measured against, installed once."""
        if build not in self.sides:
            if build.environment not in self.environments:
                raise GateError(f"the reference is of {build.environment}, which asv.conf.json no longer makes")
            suite = in_environment(self.suite, self.environments[build.environment])
            install = self.space.install(suite, build.commit, "a", self.progress.stage)
            self.sides[build] = self.prepared(suite, build, install)
        return self.sides[build]

    def prepared(self, suite: Suite, build: Build, install: Install) -> Side:
        """What was installed, with a folder for its journal and caches."""
        folder = self.space.folder / "history" / f"{build.commit[:12]}-{install.folder.name[-8:]}"
        folder.mkdir(parents=True, exist_ok=True)
        return Side(suite, install, folder)

    def measured(self, target: Target, side: Side, title: str, digest: str) -> Came:
        """Measure what neither it nor a build of the same package has results of.

        Where it has none at all and such a build has some, the new ones are that build's: a commit that brings nothing
        but a benchmark would otherwise have that one result.
        """
        self.progress.stage(f"Importing the suite with {title}")
        found = discover(side.suite, side.install)
        asked = matching(found.benchmarks, self.request.bench)
        wanted = self.unwritten(asked, target.build, found)
        if not wanted:
            self.packages.add(target.build, digest)
            return Came(target, "measured before", True, {})
        of = target
        is_base = target.build == self.base_in(target.build.environment) != self.reference.build
        again = self.request.again or is_base  # a base needs results of its own
        for build in () if again else self.packages.same(target.build, digest):
            left = self.unwritten(wanted, build, found)
            if not left:
                return Came(target, f"not measured: the same package as {build.commit[:8]}", True, {})
            if len(left) < len(wanted) and not self.file(target.build).exists():
                of = Target({"hash": build.commit, "date": rows.date(self.file(build))}, target.environment)
            wanted = left
        began = time.time()
        timings = [each for each in wanted if each.type == "time"]
        with self.journal(side, self.header(target)) as journal:
            values, failed = self.fixed(timings, target, side, found, journal)
            rest = [each for each in timings if each.name not in values]
            bases = self.bases(rest, target.build, found)
            spent = self.pairs(rest, bases, side, journal, title)
            values |= self.values(spent, bases)
            metrics = [each for each in wanted if each.type != "time"]
            values |= {each.name: _metric(side, each) for each in metrics}
        failed |= {name: value.why for name, value in values.items() if value.failed}
        took = spent.alongside()
        for base in dict.fromkeys((self.base_in(of.build.environment), self.reference.build)):
            own = {name: each for name, each in took.items() if bases[name].build == base}
            if own:
                self.alongside.add(of.build, base, own)
                break
        self.save(of, found, values, began)
        self.packages.add(of.build, digest)
        wide = sum(
            value.estimate is not None and value.estimate.half() > math.log1p(self.request.precision)
            for value in values.values()
        )
        words = self.words(values, spent, wide)
        if self.has_base.get(target.build.environment) is False and not is_base:
            words += f"; against {self.reference.build}, since its commit could not be measured in this environment"
        if of is not target:
            words += f"; they are {of.build.commit[:8]}'s, which has the same package and the other results"
        return Came(target, words, True, failed)

    def words(self, values: Mapping[str, Value], spent: Spent, wide: int) -> str:
        """What came of a target's benchmarks."""
        failed, skipped = (sum(getattr(each, how) for each in values.values()) for how in ("failed", "skipped"))
        said = [f"{count(len(values) - failed - skipped, 'benchmark')} measured"]
        if spent.pairs:
            said[0] += f", in {duration(spent.seconds)} of pairs"
        if failed:
            said.append(f"{failed} failed")
        if skipped:
            said.append(f"{skipped} skipped")
        if wide:
            said.append(f"the intervals of {wide} are wider than {self.request.precision:.1%}: the budget was spent")
        return "; ".join(said)

    def journal(self, side: Side, header: Mapping[str, Any]) -> Journal:
        """Of the pairs that were taken under these circumstances; under others there is another."""
        words = json.dumps(header, sort_keys=True).encode()
        return Journal(side.folder / f"journal-{hashlib.sha256(words).hexdigest()[:12]}.jsonl", header)

    def file(self, build: Build) -> Path:
        """Of a build's results."""
        return self.folder / f"{build.commit[:8]}-{build.environment}.json"

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
        self, timings: Sequence[Benchmark], target: Target, side: Side, found: Discovery, journal: Journal
    ) -> tuple[dict[str, Value], dict[str, str]]:
        """Fix the reference times that are missing; the values of benchmarks that only exist from this build on."""
        versions = {entry["name"]: str(entry["version"]) for entry in found.entries}

        def missing(benchmarks: Sequence[Benchmark]) -> list[Benchmark]:
            times = self.reference.times
            return [
                each
                for each in benchmarks
                if each.name not in times or times[each.name].version != versions[group_of(each.name)]
            ]

        values: dict[str, Value] = {}
        for each in timings:  # against itself there is nothing to measure
            time = self.reference.times.get(each.name)
            if time and time.build == target.build and time.version == versions[group_of(each.name)]:
                values[each.name] = Value(time.seconds, half=time.half, pairs=time.pairs)
        for build in dict.fromkeys((self.reference.build, target.build)):
            new = missing([each for each in timings if each.name not in values])
            if not new:
                break
            there = side if build == target.build else self.side(build)
            known = new if there is side else discover(there.suite, there.install).benchmarks
            names = {each.name for each in known}
            times, without = fixing.fix(
                there,
                [each for each in new if each.name in names],
                versions=versions,
                build=build,
                journal=journal,
                tell=self.progress.stage,
            )
            self.reference = self.reference.with_times(times)
            if times:
                self.reference.save(self.folder)
            if build == target.build:
                values |= {name: Value(each.seconds, half=each.half, pairs=each.pairs) for name, each in times.items()}
                values |= {name: Value(why=why, skipped="skips itself" in why) for name, why in without.items()}
        return values, {}

    def bases(self, timings: Sequence[Benchmark], build: Build, found: Discovery) -> dict[str, Base]:
        """What each is measured against: the reference's commit in its environment, or else what fixed its time."""
        base = self.base_in(build.environment)
        has_base = base != build and self.has_base.get(build.environment, False)
        there = rows.times(self.file(base), found.entries) if has_base else {}
        bases = {}
        for name in (each.name for each in timings):
            fixed = self.reference.times[name]
            seconds, _ = there.get(name, (0.0, 0.0))
            bases[name] = Base(base if seconds else fixed.build, seconds or fixed.seconds, fixed.cost)
        return bases

    def pairs(
        self, timings: Sequence[Benchmark], bases: Mapping[str, Base], side: Side, journal: Journal, title: str
    ) -> Spent:
        """Interleaved pairs of each with its base."""
        by_name = {each.name: each for each in timings}
        if not timings:
            return Spent()
        budget = self.request.budget
        costs = [bases[name].cost for name in by_name]
        samples = fitting(costs, budget)
        for build in dict.fromkeys(bases[name].build for name in by_name):
            self.side(build)  # builds it, of which the progress of the pairs is not to speak
        longest, words = forecast(costs, budget)
        self.progress.stage(f"Measuring {count(len(by_name), 'benchmark')} of {title}, {words}")

        def take(number: int, name: str) -> PairTaken:
            build = bases[name].build
            base = self.side(build)
            against = str(build) if build != self.reference.times[name].build else None
            line = journal.once(
                # The first build's journal has reference times, too, and one may have pairs with another base.
                {"round": number, "name": name, "fix": None, "against": against},
                lambda: comparable.as_line(
                    comparable.measure_pair((base, side), by_name[name], coins(number, name), samples)
                ),
            )
            took = line["base"] if isinstance(line["base"], float) else None  # infinite ones are texts
            return PairTaken(line["d"], line["seconds"], line["why"], took)

        return spend(
            list(by_name),
            take,
            precision=self.request.precision,
            budget=budget,
            seed=0,
            tell=lambda spent: self.progress.done(spent.seconds, expected(spent, longest)),
        )

    def values(self, spent: Spent, bases: Mapping[str, Base]) -> dict[str, Value]:
        """What the pairs say of each benchmark, in seconds."""
        found = spent.estimates()
        values = {}
        for name in spent.pairs:
            if name in spent.failed or name not in found:
                why = spent.failed.get(name, "it has no pairs")
                values[name] = Value(why=why, skipped="skips itself" in why and "fails" not in why)
            else:
                base = bases[name].time
                values[name] = Value(base * found[name].ratio, found[name], tuple(spent.pairs[name]), base)
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
            "results": rows.rows(found.entries, values, began),
        }
        asvlink.ask("save", what, self.request.config, PLAN_SECONDS, ASV)


def in_environment(suite: Suite, environment: Mapping[str, Any]) -> Suite:
    """The suite in one of its environments."""
    return replace(
        suite,
        environment=environment["name"],
        python=environment["python"],
        specifier=None,
        setup_hash=environment["setup_hash"],
    )


def coins(number: int, name: str) -> np.random.Generator:
    """What decides by chance in the pair of a round and a benchmark."""
    return np.random.default_rng([number, *name.encode()])


def _metric(side: Side, benchmark: Benchmark) -> Value:
    """A value that is no time, as asv takes it: of one process."""
    outcome = side.process(benchmark, {}, hash_seed=1)
    if outcome.failed:
        return Value(why=comparable.reason(outcome))
    return Value(skipped=True) if outcome.skipped else Value(seconds=outcome.value)
