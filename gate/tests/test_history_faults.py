"""What goes wrong around a history: each thing is told as what it is, and what was measured stays."""

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import project
import pytest
from commands import asv_gate
from made_up import Silent

from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.history import alongside, fixing, rows
from asv_gate.history.asvresults import _is_range
from asv_gate.history.fixing import Anchor
from asv_gate.history.reference import Build, ReferenceTime
from asv_gate.journal import Journal
from asv_gate.pair import Side

BENCHMARK = Benchmark("a.time_it", "a.time_it", "time", "seconds", 60.0, None, 60.0)
SUITE = Suite("p", Path(), Path(), "e", [], {}, False, 60.0, "0" * 64)


@pytest.fixture
def suite_file(thing: Path) -> Iterator[Path]:
    """A further file of the suite, to be written; it and the results are gone afterwards."""
    file = thing / "bench" / "more.py"
    yield file
    file.unlink(missing_ok=True)
    shutil.rmtree(thing / "results", ignore_errors=True)


def values(thing: Path) -> dict[str, dict[str, Any]]:
    """By commit the results of each benchmark of the project without parameters."""
    found = {}
    for path in thing.glob("results/*-paired/*.json"):
        if path.name != "machine.json":
            content = json.loads(path.read_text())
            found[content["commit_hash"]] = {name: row[0] and row[0][0] for name, row in content["results"].items()}
    return found


def test_what_fails_with_one_build_is_measured_with_the_next_also_after_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times are fixed with the reference, or else with the first build that has them; both are in one journal."""
    old, new = (Build(letter * 40, "py3.13") for letter in "ab")
    taken: list[str] = []

    def measure(side: Side, *asked: object, **how: object) -> SimpleNamespace:
        taken.append(side.install.commit)
        fails = side.install.commit == old.commit
        outcome = SimpleNamespace(value=None if fails else 1.0, skipped=False, error="fails" if fails else "")
        return SimpleNamespace(base=outcome, head=outcome, d=math.nan if fails else 0.01, seconds=0.1)

    def fix(build: Build, journal: Journal) -> tuple[Any, Any]:
        side = Side(SUITE, Install(build.commit, "a", Path(), [], {}), Path())
        versions = {"a.time_it": "1"}
        return fixing.fix(
            side, [BENCHMARK], anchors={}, versions=versions, build=build, journal=journal, progress=Silent()
        )

    monkeypatch.setattr(fixing, "measure", measure)
    for _ in range(2):
        with Journal(tmp_path / "journal.jsonl", {"kind": "test"}) as journal:
            assert fix(old, journal)[1].keys() == {"a.time_it"}
            assert fix(new, journal)[0].keys() == {"a.time_it"}
    first = taken.index(new.commit)
    assert taken[first:].count(new.commit) == len(taken) - 2, "its pairs were there; a failure is tried again"
    assert taken[-1] == old.commit


@pytest.mark.parametrize("joins_with", ["a", "b"])
@pytest.mark.parametrize("anchor_fails", [False, True])
def test_what_joins_a_group_later_is_measured_against_the_same_anchor(
    anchor_fails: bool, joins_with: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an anchor of its own its time would be of another hour, and twice that of the others might mean nothing.

    Where a later build alone has it, the anchor stays that of the reference.
    """
    build = Build("a" * 40, "py3.13")
    later = replace(build, commit=joins_with * 40)
    of_anchor, of_later = (Side(SUITE, Install(each.commit, "a", Path(), [], {}), Path()) for each in (build, later))
    anchor, second, third = (replace(BENCHMARK, id=f"a.time_it({n})", name=f"a.time_it({n})") for n in (1, 2, 3))
    known = ReferenceTime(anchor.name, "1", 0.5, 0.0, anchor.name, 3, 2.0, build)

    def measure(base: Side, head: Side, one: Benchmark, rng: object, other: Benchmark, **how: object) -> object:
        """An hour in which all takes twice as long as when the anchor's time was fixed."""
        for side, run in ((base, one), (head, other)):
            assert side is (of_anchor if run is anchor else of_later)
        seconds = {anchor.name: None if anchor_fails else 1.0, second.name: 2.0, third.name: 3.0}
        of, to = (
            SimpleNamespace(value=seconds[each.name], skipped=False, error="" if seconds[each.name] else "fails")
            for each in (one, other)
        )
        d = math.log(to.value / of.value) if of.value and to.value else math.nan
        return SimpleNamespace(base=of, head=to, d=d, seconds=2.0)

    monkeypatch.setattr(fixing, "measure", measure)
    with Journal(tmp_path / "journal.jsonl", {"kind": "test"}) as journal:
        times, without = fixing.fix(
            of_later,
            [second, third],
            anchors={"a.time_it": Anchor(anchor, of_anchor, known)},
            versions={"a.time_it": "1"},
            build=later,
            journal=journal,
            progress=Silent(),
        )
    assert without == {}
    of, seconds = (second.name, (2.0, 3.0)) if anchor_fails else (anchor.name, (1.0, 1.5))
    assert {(time.anchor, time.build) for time in times.values()} == {(of, later)}
    assert [times[each.name].seconds for each in (second, third)] == pytest.approx(seconds)


def test_fixing_the_times_of_a_reference_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes an hour for a large suite, and longer than all that is told of else."""
    build = Build("a" * 40, "py3.13")
    well = SimpleNamespace(value=1.0, skipped=False, error="")
    pair = SimpleNamespace(base=well, head=well, d=0.01, seconds=2.0)
    monkeypatch.setattr(fixing, "measure", lambda *asked, **how: pair)
    told = Silent()
    names = ("a.time_it(1)", "a.time_it(2)", "b.time_it")
    with Journal(tmp_path / "journal.jsonl", {"kind": "test"}) as journal:
        fixing.fix(
            Side(SUITE, Install(build.commit, "a", Path(), [], {}), Path()),
            [replace(BENCHMARK, id=name, name=name) for name in names],
            anchors={},
            versions={"a.time_it": "1", "b.time_it": "1"},
            build=build,
            journal=journal,
            progress=told,
        )
    assert told.stages == [f"Fixing the times of 3 benchmarks in {build}, up to 1 min 0 s"]
    assert told.items == ["a.time_it, 1 of 2", "b.time_it, 2 of 2"]
    pairs = len(told.shares)
    of_first = 2 * pairs // 3
    assert told.shares == pytest.approx(
        [2.0 * (1 + each) / (60 if each < of_first else 2.0 * of_first + 20) for each in range(pairs)]
    )


@pytest.mark.parametrize(
    ("spec", "several"),
    [
        ("main", False),
        ("HEAD^", False),
        ("HEAD^2~3", False),
        ("v1.0^0", False),
        ("main~5..main", True),
        ("a...b", True),
        ("HEAD^!", True),
        ("HEAD^@", True),
        ("HEAD^-", True),
        ("main ^old", True),
        ("^old main", True),
    ],
)
def test_the_name_of_one_commit_is_no_range(spec: str, *, several: bool) -> None:
    assert _is_range(spec) is several


@pytest.mark.parametrize("length", [10, 127, 128, 300])
def test_a_file_of_results_is_called_as_asv_calls_it(length: int) -> None:
    asv_results = pytest.importorskip("asv.results")
    name = "e" * length
    assert rows.file_name(Build("c" * 40, name)) == Path(asv_results.get_filename("m", "c" * 40, name)).name


@pytest.mark.long
def test_a_failure_stays_one_when_the_same_is_asked_for_again(thing: Path, suite_file: Path) -> None:
    request = ("history", "base", "--bench", "track_fails_everywhere|track_count")
    first = asv_gate(thing, *request)
    assert first.status == 1, first.said
    assert "Running 2 benchmarks of" in first.errors, "these take no pairs, and minutes where there are many"
    again = asv_gate(thing, *request)
    assert again.status == 1, again.said
    assert "measured before; 1 failed then" in again.output
    assert "track_fails_everywhere: it failed then" in again.output


@pytest.mark.long
def test_a_file_of_the_suite_that_cannot_be_imported_is_told(thing: Path, suite_file: Path) -> None:
    suite_file.write_text("def track_more():\n    return 1.0\n")
    assert asv_gate(thing, "history", "base", "--bench", "track_count|track_more").status == 0
    listed = json.loads((thing / "results" / "benchmarks.json").read_text())
    suite_file.write_text("import nowhere\n")
    named = asv_gate(thing, "history", "same", "--bench", "track_count")
    assert named.status == 0, "it is of another file"
    alone = asv_gate(thing, "history", "same", "--bench", "track_more")
    assert alone.status == 2, alone.said
    assert "the suite cannot be imported" in alone.output
    assert "more.py: cannot be imported: ModuleNotFoundError" in alone.errors + alone.output
    everything = asv_gate(thing, "history", "larger", "--budget", "1s")
    assert everything.status == 1, everything.said
    assert "more.py: cannot be imported: ModuleNotFoundError" in everything.output
    assert json.loads((thing / "results" / "benchmarks.json").read_text()).keys() >= listed.keys(), "it may come back"


def test_benchmarks_that_no_commit_has_are_an_error(thing: Path, suite_file: Path) -> None:
    done = asv_gate(thing, "history", "base", "--bench", "track_nowhere")
    assert done.status == 2, done.said
    assert "base has no benchmark with a name like track_nowhere" in done.errors
    assert not values(thing)


@pytest.mark.long
def test_what_fails_in_the_reference_alone_is_not_the_commits_failure(thing: Path, suite_file: Path) -> None:
    """The reference is built anew on each machine, and may fail there one day."""
    flag = thing / "flag"
    suite_file.write_text(
        f"""
from pathlib import Path

import thing


def time_flagged():
    if Path({str(flag)!r}).exists() and not hasattr(thing, "new"):
        raise RuntimeError("not here")
"""
    )
    request = ("--bench", "time_flagged", "--budget", "1s", "--reference", "base")
    fixed = asv_gate(thing, "history", "base", *request)
    assert fixed.status == 0, fixed.said
    new = project.git(thing, "rev-parse", "new")
    try:
        flag.touch()
        done = asv_gate(thing, "history", "new", *request)
        assert done.status == 2, done.said
        assert "1 not compared" in done.output
        assert "fails in base" in done.output
        assert values(thing).get(new, {}) == {}
    finally:
        flag.unlink()
    again = asv_gate(thing, "history", "new", *request)
    assert again.status == 0, again.said
    assert values(thing)[new]["more.time_flagged"] > 0


@pytest.mark.long
def test_a_strategy_that_a_later_commit_adds_is_measured_against_the_references_anchor(
    thing: Path, suite_file: Path
) -> None:
    """What it takes is compared with the other strategies of the workload, and so must be of their hour."""
    suite_file.write_text(
        """
import thing


class Ways:
    params = ["plain", "new"]
    param_names = ["way"]

    def setup(self, way):
        if way == "new" and thing.SECONDS == 0.010:
            raise NameError("it is not there yet")
        self.times = 2 if way == "new" else 1

    def time_it(self, way):
        for _ in range(self.times):
            thing.work(1000)
"""
    )
    request = ("--bench", "Ways", "--budget", "5s", "--reference", "base")
    for name in ("slower", "faster"):
        done = asv_gate(thing, "history", name, *request)
        assert done.status == 0, done.said
    base, adds, later = (project.git(thing, "rev-parse", name) for name in ("base", "slower", "faster"))
    (folder,) = thing.glob("results/*-paired")
    _, *lines = map(json.loads, (folder / "reference.jsonl").read_text().splitlines())
    times = {line["name"].partition("'")[2][:-2]: line for line in lines}
    assert {way: time["build"]["commit"] for way, time in times.items()} == {"plain": base, "new": adds}
    assert {time["anchor"] for time in times.values()} == {"more.Ways.time_it('plain')"}
    pairs = [
        json.loads(line)
        for journal in (thing / ".asv-gate" / "history").glob(f"{adds[:12]}-*/*.jsonl")
        for line in journal.read_text().splitlines()
    ]
    ratios = [
        math.exp(pair["d"])
        for pair in pairs
        if pair.get("fix") == times["plain"]["name"] and pair["name"] == times["new"]["name"] and pair["d"] is not None
    ]
    assert len(ratios) == times["new"]["pairs"]
    assert min(ratios) <= times["new"]["seconds"] / times["plain"]["seconds"] <= max(ratios)
    (result,) = folder.glob(f"{adds[:8]}*.json")
    plain, added = json.loads(result.read_text())["results"]["more.Ways.time_it"][0]
    assert added == times["new"]["seconds"]
    assert plain > 0
    (during,) = (each for build, each in alongside.load(folder).builds.items() if build.commit == later)
    assert during.reference.commit == base
    assert set(during.times) == {time["name"] for time in times.values()}, "of that hour, with what fixed their times"
