"""A run of the gate, from two names of commits to a report."""

import json
import math
import platform
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy as np

from asv_gate import asvlink, numbers, power, signedrank, workspace
from asv_gate.asvlink import Benchmark, Suite
from asv_gate.decide import Decision, Settings, Verdict, decide
from asv_gate.errors import GateError
from asv_gate.journal import Journal, read, write_whole
from asv_gate.live import Live
from asv_gate.numbers import Measured, Size
from asv_gate.pair import Outcome, Side
from asv_gate.report.model import FINDINGS, Report, Row, Whole, percent
from asv_gate.survey import Survey, look, usable_cpus
from asv_gate.workspace import Workspace

INTERVAL = 0.95
OK, REGRESSION, UNABLE, BLIND = 0, 1, 2, 3  # exit statuses


@dataclass(frozen=True)
class Request:
    """What a run is asked to do."""

    base: str
    head: str = "HEAD"
    config: Path = Path("asv.conf.json")
    python: str | None = None
    bench: Sequence[str] = ()
    settings: Settings = field(default_factory=Settings)
    number_threshold: float = 0.05
    installations: int = 2
    seed: int | None = None
    require_power: float | None = None
    resume: bool = False


class Listener(Protocol):
    """Who is told how a run goes on: a progress bar, or nobody."""

    def stage(self, words: str) -> None: ...

    def done(self, part: float, whole: float) -> None: ...


def run(request: Request, listener: Listener, calibration: Callable[[Workspace], str]) -> tuple[Report, Path]:
    """The report, and the run's folder, which has its journal. Raises GateError where no report can be made."""
    space = Workspace(request.config)
    space.remove_unused()
    listener.stage("Reading the suite")
    suite = asvlink.resolve(request.config, [request.base, request.head], request.python)
    with _folder(space, request, suite) as (folder, header):
        commits = suite.commits[request.base], suite.commits[request.head]
        sides = install_sides(
            space, suite, commits, installations=request.installations, folder=folder, listener=listener
        )
        with Journal(folder / "journal.jsonl", header) as journal:
            report = _Gate(request, suite, sides, journal, listener).report(calibration(space))
        write_whole(folder / "done", f"{report.status}\n")
    return report, folder


@contextmanager
def _folder(space: Workspace, request: Request, suite: Suite) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder of its own, or that of the last run which was asked the same and did not come to its end."""
    header: dict[str, Any] = {
        "kind": "run",
        "base": suite.commits[request.base],
        "head": suite.commits[request.head],
        "environment": suite.environment,
        "suite": workspace.digest(suite),
        "bench": list(request.bench),
        "settings": asdict(request.settings),
        "number_threshold": request.number_threshold,
        "installations": request.installations,
    }
    for past in space.past_runs() if request.resume else ():
        journal = past / "journal.jsonl"
        if not journal.exists() or (past / "done").exists():
            continue
        found = read(journal)[0]
        seed = found.get("seed")
        if found == {**header, "seed": seed} and request.seed in (None, seed):
            with workspace.held(past) as ours:
                if ours:
                    yield past, found
                    return
    if request.resume:
        raise GateError("there is no interrupted run of these commits with these settings to go on with")
    header["seed"] = secrets.randbelow(2**32) if request.seed is None else request.seed
    folder = space.new_run()
    with workspace.held(folder):
        yield folder, header


def install_sides(
    space: Workspace,
    suite: Suite,
    commits: tuple[str, str],
    *,
    installations: int,
    folder: Path,
    listener: Listener,
) -> list[tuple[Side, Side]]:
    """Both commits, so many times each, in environments of their own even where it is one commit."""
    letters = iter(workspace.LETTERS)
    sides = []
    for _ in range(installations):
        pair = []
        letter = next(letters)
        for role, commit in zip(("base", "head"), commits, strict=True):
            if role == "head" and commits[0] == commits[1]:
                letter = next(letters)
            install = space.install(suite, commit, letter, listener.stage)
            own = folder / f"{role}-{letter}"
            own.mkdir(exist_ok=True)
            pair.append(Side(suite, install, own))
        sides.append((pair[0], pair[1]))
    return sides


def select(suite: Suite, side: Side, patterns: Sequence[str]) -> dict[str, Benchmark]:
    """The benchmarks by name, of those that any pattern is found in."""
    try:
        wanted = [re.compile(pattern) for pattern in patterns]
    except re.error as error:
        raise GateError(f"--bench must be a regular expression: {error}") from None
    found = asvlink.discover(suite, side.install)
    return {
        benchmark.name: benchmark
        for benchmark in found
        if not wanted or any(pattern.search(benchmark.name) for pattern in wanted)
    }


class _Gate:
    def __init__(
        self, request: Request, suite: Suite, sides: Sequence[tuple[Side, Side]], journal: Journal, listener: Listener
    ) -> None:
        self.request, self.suite, self.sides, self.journal, self.listener = request, suite, sides, journal, listener
        self.seed: int = journal.header["seed"]
        self.broken_numbers: dict[str, str] = {}
        self.spent = 0.0
        self.started = datetime.now(timezone.utc)
        self.start = monotonic()

    def report(self, calibration: str) -> Report:
        request = self.request
        survey = self.survey()
        numbers_rows = [] if survey.broken else self.numbers(survey.numbers)
        live = Live(self.sides, survey.timings, survey.costs, self.journal, self.measured)
        decision = None
        if survey.timings and not survey.broken:
            self.listener.stage(f"Measuring {len(survey.timings)} benchmarks in pairs")
            decision = decide(live, request.settings)
        rows = [*self.timing_rows(survey.timings, decision, live), *numbers_rows]
        if decision is None:
            rows += [Row(each.name, each.unit, Verdict.FAILED.value, "not reached") for each in survey.timings]
        if survey.broken:
            rows += [
                Row(each.name, each.unit, Verdict.FAILED.value, "not reached", would_find=math.nan)
                for each in survey.numbers
            ]
        rows += [
            Row(name, "", Verdict.FAILED.value, why, would_find=math.nan) for name, why in survey.unmeasured.items()
        ]
        broken = {**survey.broken, **self.broken_numbers, **live.broken}
        whole = whole_of(decision)
        report = Report(
            project=self.suite.project,
            base=request.base,
            head=request.head,
            base_commit=self.suite.commits[request.base],
            head_commit=self.suite.commits[request.head],
            environment=self.suite.environment,
            machine={"system": platform.platform(), "cpus": str(usable_cpus()), "name": platform.node()},
            settings={**asdict(request.settings), "number_threshold": request.number_threshold},
            seed=self.seed,
            started=self.started.isoformat(timespec="seconds"),
            seconds=monotonic() - self.start,
            rows=rows,
            whole=whole,
            skipped=survey.skipped,
            broken=broken,
            warnings=self.warnings(survey, decision),
            calibration=calibration,
            status=OK,
            reason="",
        )
        status, reason = conclude(report, request.require_power)
        return Report(**{**vars(report), "status": status, "reason": reason})

    def survey(self) -> Survey:
        """Base's outcomes in this installation with this suite are kept beside it for the next run."""
        (base, head), *_ = self.sides
        in_base = select(self.suite, base, self.request.bench)
        in_head = select(self.suite, head, self.request.bench)
        if not in_base and not in_head:
            raise GateError(
                f"no benchmark in {self.suite.benchmarks} has a name like {' or '.join(self.request.bench)}"
                if self.request.bench
                else f"there are no benchmarks in {self.suite.benchmarks}"
            )
        self.listener.stage(f"A look at {len(in_base.keys() | in_head.keys())} benchmarks")
        kept = base.install.folder / f"look-{workspace.digest(self.suite)[:12]}.json"
        known = {name: Outcome(*outcome) for name, outcome in _load(kept).items()}
        survey = look((base, head), in_base, in_head, known=known, tell=self.listener.done)
        good = {name: (outcome.samples, outcome.seconds) for name, outcome in known.items() if outcome.samples}
        write_whole(kept, json.dumps(good))
        return survey

    def numbers(self, benchmarks: Sequence[Benchmark]) -> list[Row]:
        """Rounds below 0 of the journal, since they are no rounds of timings."""
        if benchmarks:
            self.listener.stage(f"Measuring {len(benchmarks)} numbers that are no times")
        live = Live(self.sides, benchmarks, [0.0] * len(benchmarks), self.journal)
        rows = []
        threshold = self.request.number_threshold
        for done, benchmark in enumerate(benchmarks):
            self.listener.done(done, len(benchmarks))
            pairs: list[Measured] = []
            failed = ""
            for repeat in range(numbers.CONFIRMATIONS):
                measured, failed = self.number(live, benchmark, repeat)
                if measured is None:
                    break
                pairs.append(measured)
                if repeat == 0 and pairs[0].beyond(threshold) is Size.SAME:
                    break
            rows.append(number_row(benchmark, pairs, failed, threshold))
        self.broken_numbers |= live.broken
        return rows

    def number(self, live: Live, benchmark: Benchmark, repeat: int) -> tuple[Measured | None, str]:
        line = live.pair(-1 - repeat, benchmark, repeat)
        if line["base"] is None:
            return None, line["why"]
        return Measured(line["base"], line["head"]), ""

    def measured(self, benchmark: Benchmark, seconds: float) -> None:
        self.spent += seconds
        self.listener.done(self.spent, self.request.settings.budget)

    def timing_rows(self, benchmarks: Sequence[Benchmark], decision: Decision | None, live: Live) -> list[Row]:
        if decision is None:
            return []
        would_find = power.smallest_slowdowns(decision)
        return [
            timing_row(benchmark, decision, i, live, float(would_find[i])) for i, benchmark in enumerate(benchmarks)
        ]

    def warnings(self, survey: Survey, decision: Decision | None) -> list[str]:
        said = []
        if self.suite.uncommitted:
            said.append("The checkout has uncommitted changes: of these, only those of the benchmarks are measured.")
        if self.suite.others:
            said.append(f"Measured in {self.suite.environment}, one of {1 + len(self.suite.others)} environments.")
        if self.suite.commits[self.request.base] == self.suite.commits[self.request.head]:
            said.append("Base and head are the same commit: what is found is a false alarm.")
        if decision and (left := sum("budget" in note for note in decision.notes)):
            said.append(f"The budget was too small for {left} of {len(survey.timings)} benchmarks.")
        return said


def _load(path: Path) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded


def timing_row(benchmark: Benchmark, decision: Decision, i: int, live: Live, would_find: float) -> Row:
    """Its interval is exact for one that was confirmed, and by its noise for one that was only screened."""
    verdict, note = decision.verdicts[i], decision.notes[i]
    name = benchmark.name
    if verdict is Verdict.FAILED:
        return Row(name, benchmark.unit, verdict.value, note or live.wrong.get(name, ""))
    if i in decision.confirmed:
        d = decision.confirmed[i]
        centre, (low, high) = float(signedrank.estimate(d)), signedrank.interval(d, INTERVAL)
    else:
        d = decision.screened[i][~np.isnan(decision.screened[i])]
        centre = float(signedrank.estimate(d))
        half = 2 * float(decision.scales[i]) / math.sqrt(len(d))
        low, high = centre - half, centre + half
    base, head = (float(np.median(side)) for side in zip(*live.values[name], strict=True))
    unit = "seconds" if benchmark.type == "time" else benchmark.unit
    ratio, low, high = (math.exp(change) for change in (centre, low, high))
    p_value = decision.p_values.get(i, math.nan)
    return Row(name, unit, verdict.value, note, base, head, ratio, low, high, len(d), p_value, would_find)


def number_row(benchmark: Benchmark, pairs: Sequence[Measured], failed: str, threshold: float) -> Row:
    if failed:
        return Row(benchmark.name, benchmark.unit, Verdict.FAILED.value, failed, would_find=math.nan)
    size = numbers.judge(pairs, threshold)
    base = float(np.median([pair.base for pair in pairs]))
    head = float(np.median([pair.head for pair in pairs]))
    ratio = head / base if base > 0 and head > 0 else math.nan
    return Row(
        benchmark.name,
        benchmark.unit,
        size.value,
        f"by a threshold of {percent(threshold, 0)}",
        base,
        head,
        ratio,
        pairs=len(pairs),
        would_find=math.nan,
    )


def whole_of(decision: Decision | None) -> Whole:
    if decision is None:
        return Whole(Verdict.FAILED.value, math.nan, math.nan, 0)
    return Whole(decision.suite.value, math.exp(decision.suite_estimate), decision.suite_p, decision.suite_pairs)


def conclude(report: Report, require_power: float | None) -> tuple[int, str]:
    """The exit status, and why. What could not be done goes before what was found."""
    found = [row.name for row in report.rows if row.verdict in FINDINGS]
    whole = [f"the suite as a whole ({report.whole.ratio - 1:+.1%})"] if report.whole.verdict in FINDINGS else []
    regressions = f"Slower or larger: {', '.join([*found, *whole])}." if found or whole else ""
    if report.broken:
        return UNABLE, f"Fails in head and not in base: {', '.join(report.broken)}. {regressions}".strip()
    if not any(row.pairs for row in report.rows):
        return UNABLE, "Nothing could be measured on both sides."
    if regressions:
        return REGRESSION, regressions
    if require_power is not None and report.would_find > require_power:
        return BLIND, (
            f"No regression was seen, but this run could have missed one of {percent(require_power)}: "
            f"it would have found {percent(report.would_find)} with 90 % probability."
        )
    return OK, "No regression was found."
