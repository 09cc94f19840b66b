"""A reference that is replaced: series go on where both builds can be measured, and what cannot is said."""

import json
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import asv_gate

from asv_gate import comparable
from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.errors import GateError
from asv_gate.history import reference, replacing, rows
from asv_gate.history.reference import Build, Reference, ReferenceTime
from asv_gate.history.replacing import NewBuild, replace_reference
from asv_gate.journal import Journal
from asv_gate.outcome import Outcome
from asv_gate.pair import Pair, Side

OLD, LATER, NEW = (Build(letter * 40, "virtualenv-py3.13") for letter in "abc")
NAMES = ("a.time_it(1)", "a.time_it(2)", "a.time_later(1)")
SUITE = Suite("p", Path(), Path(), "e", [], {}, False, 60.0, "0" * 64)


def time(name: str, seconds: float = 0.5, build: Build = OLD) -> ReferenceTime:
    return ReferenceTime(name, "1", seconds, 0.003, "a.time_it(1)", 5, 1.0, build)


BEFORE = Reference(
    OLD, {"machine": "m"}, {each.name: each for each in (time(NAMES[0]), time(NAMES[1]), time(NAMES[2], 0.1, LATER))}
)


def side(build: Build) -> Side:
    return Side(SUITE, Install(build.commit, "a", Path(), [], {}), Path())


def new(*names: str, version: str = "1", results: dict[str, tuple[float, float]] | None = None) -> NewBuild:
    benchmarks = [Benchmark(name, name, "time", "seconds", 60.0, None, 60.0) for name in names]
    return NewBuild(NEW, side(NEW), benchmarks, {"a.time_it": version, "a.time_later": version}, results or {})


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pairs in which the new build takes 1.2 times as long; the names of those that were measured."""
    names: list[str] = []

    def measure(sides: tuple[Side, Side], benchmark: Benchmark, coins: object, samples: object, first: bool) -> Pair:
        assert sides[1].install.commit == NEW.commit
        names.append(benchmark.name)
        if "fails" in benchmark.name:
            return Pair(Outcome((1.0,), 0.1), Outcome((), 0.1, "it fails"), base_first=True, seconds=0.2)
        return Pair(Outcome((1.0,), 0.1), Outcome((1.2,), 0.1), base_first=True, seconds=0.2)

    monkeypatch.setattr(comparable, "measure_pair", measure)
    return names


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.jsonl", {"kind": "test"}) as made:
        yield made


def replaced(
    old: Reference,
    by: NewBuild,
    journal: Journal,
    *gone: Build,
    done: Callable[[float, float], None] = lambda part, whole: None,
) -> Reference:
    def there(build: Build) -> Side:
        if build in gone:
            raise GateError("its Python is gone\nand more")
        return side(build)

    when = "2026-01-31"
    return replace_reference(old, by, side=there, journal=journal, when=when, tell=lambda words: None, done=done)


def test_it_says_how_far_it_is(taken: list[str], journal: Journal) -> None:
    shares: list[float] = []
    replaced(BEFORE, new(*NAMES), journal, done=lambda part, whole: shares.append(part / whole))
    assert len(shares) == len(taken)
    assert 0 < shares[0] < shares[-1] <= 1


def test_times_are_carried_over_by_the_ratio_of_both(taken: list[str], journal: Journal, tmp_path: Path) -> None:
    after = replaced(BEFORE, new(*NAMES), journal)
    assert after.build == NEW
    assert {name: each.seconds for name, each in after.times.items()} == pytest.approx(
        {NAMES[0]: 0.6, NAMES[1]: 0.6, NAMES[2]: 0.12}
    )
    assert {each.build for each in after.times.values()} == {NEW}
    assert all(each.half >= 0.003 for each in after.times.values())
    (said,) = after.replaced
    assert (said.build, said.by, said.linked, said.kept, said.apart) == (OLD, NEW, sorted(NAMES), [], {})
    after.save(tmp_path)
    assert reference.load(tmp_path) == after
    assert set(taken) == set(NAMES)


def test_what_the_new_build_has_fixed_itself_is_not_measured_against_itself(taken: list[str], journal: Journal) -> None:
    own = time(NAMES[2], 0.1, NEW)
    after = replaced(BEFORE.with_times({own.name: own}), new(*NAMES), journal)
    assert after.times[own.name] == own
    assert own.name not in taken
    assert after.replaced[0].linked == sorted(NAMES)


def test_what_the_new_build_has_not_stays_with_the_old(taken: list[str], journal: Journal) -> None:
    after = replaced(BEFORE, new(NAMES[0]), journal)
    assert after.times[NAMES[1]] == BEFORE.times[NAMES[1]]
    assert after.replaced[0].kept == [NAMES[1], NAMES[2]]
    other = replaced(BEFORE, new(*NAMES, version="2"), journal)
    assert other.times == BEFORE.times
    fails = "a.time_it('fails')"
    before = BEFORE.with_times({fails: time(fails)})
    assert replaced(before, new(*NAMES, fails), journal).replaced[0].kept == [fails]


def test_what_cannot_be_measured_any_more_goes_on_by_a_result_or_begins_anew(
    taken: list[str], journal: Journal
) -> None:
    after = replaced(BEFORE, new(*NAMES, results={NAMES[0]: (0.7, 0.004)}), journal, OLD)
    assert after.times[NAMES[0]].seconds == 0.7
    assert after.times[NAMES[0]].half == pytest.approx(0.005)
    assert NAMES[1] not in after.times, "it is fixed anew when it is next measured"
    assert after.times[NAMES[2]].seconds == pytest.approx(0.12)
    (said,) = after.replaced
    assert said.linked == [NAMES[0], NAMES[2]]
    assert said.apart == {NAMES[1]: "aaaaaaaa in virtualenv-py3.13 can no longer be made: its Python is gone"}
    assert str(said).endswith("2 benchmarks linked, 1 begin anew")


def test_an_interrupted_replacement_measures_nothing_twice(
    taken: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = comparable.measure_pair

    def interrupted(*asked: object) -> Pair:
        if len(taken) == 4:
            raise KeyboardInterrupt
        return measure(*asked)  # type: ignore[arg-type]

    header = {"kind": "test"}
    monkeypatch.setattr(comparable, "measure_pair", interrupted)
    with Journal(tmp_path / "j.jsonl", header) as journal, pytest.raises(KeyboardInterrupt):
        replaced(BEFORE, new(*NAMES), journal)
    monkeypatch.setattr(comparable, "measure_pair", measure)
    with Journal(tmp_path / "j.jsonl", header) as journal:
        first = replaced(BEFORE, new(*NAMES), journal)
    number = len(taken)
    with Journal(tmp_path / "j.jsonl", header) as journal:
        assert replaced(BEFORE, new(*NAMES), journal) == first
    assert len(taken) == number
    lines = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()[1:]]
    assert len({(line["link"], line["round"]) for line in lines}) == len(lines) == number


def test_the_old_reference_is_kept_under_a_name_of_its_own(tmp_path: Path) -> None:
    paths = [replacing.keep(BEFORE, tmp_path), replacing.keep(BEFORE, tmp_path)]
    assert [path.name for path in paths] == ["reference-1.jsonl", "reference-2.jsonl"]
    for path in paths:
        path.rename(tmp_path / reference.NAME)
        assert reference.load(tmp_path) == BEFORE


def test_a_broken_word_on_a_replacement_is_one_error(tmp_path: Path) -> None:
    BEFORE.save(tmp_path)
    header, *lines = (tmp_path / reference.NAME).read_text().splitlines()
    broken = {**json.loads(header), "replaced": [{"build": {}}]}
    (tmp_path / reference.NAME).write_text("\n".join([json.dumps(broken), *lines]))
    with pytest.raises(GateError, match="is no reference of asv-gate"):
        reference.load(tmp_path)


def test_the_times_of_a_file_of_results_have_intervals(tmp_path: Path) -> None:
    entry = {"name": "a.time_it", "params": [["1", "2", "3"]], "version": "v"}
    columns = ["result", "params", "version", "stats_ci_99_a", "stats_ci_99_b", "stats_repeat"]
    row = [[1.0, 2.0, None], entry["params"], "v", [0.9, None, None], [1.1, None, None], [9, 9, None]]
    file = tmp_path / "r.json"
    file.write_text(json.dumps({"result_columns": columns, "results": {"a.time_it": row}}))
    ((name, (seconds, half)),) = rows.times(file, [entry]).items()
    assert (name, seconds) == ("a.time_it(1)", 1.0)
    assert half == pytest.approx(math.log(1.1 / 0.9) / 2 * 1.96 / 2.576)
    assert rows.times(tmp_path / "none.json", [entry]) == {}


def test_a_reference_is_replaced_on_the_command_line_once(thing: Path) -> None:
    request = ("history", "base", "--bench", "time_work", "--budget", "5s")
    replacing = (*request, "--reference", "same", "--replace-reference")
    try:
        none = asv_gate(thing, *replacing)
        assert none.status == 2
        assert "there is no reference of" in none.errors
        assert "to replace" in none.errors
        assert asv_gate(thing, *request).status == 0
        (folder,) = (thing / "results").glob("*-paired")
        before = (folder / reference.NAME).read_bytes()
        refused = asv_gate(thing, *request, "--reference", "unbuildable", "--replace-reference")
        assert refused.status == 2
        assert "cannot be built" in refused.errors
        assert (folder / reference.NAME).read_bytes() == before
        done = asv_gate(thing, *replacing)
        assert done.status == 0, done.said
        assert "1 benchmark linked" in done.errors
        assert (folder / "reference-1.jsonl").read_bytes() == before
        after = (folder / reference.NAME).read_bytes()
        found = reference.load(folder)
        assert found is not None
        assert found.build == found.replaced[0].by != found.replaced[0].build
        assert asv_gate(thing, *replacing).status == 0
        assert (folder / reference.NAME).read_bytes() == after
    finally:
        shutil.rmtree(thing / "results", ignore_errors=True)
