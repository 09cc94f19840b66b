"""Results that were measured in pairs with a reference: how speedups are derived, and what the page says of them."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import suites
from sites import Opened, opening, publish, published, serve

from asv_scaling import history, hours, points, reference, results, speedup
from asv_scaling.changes import Z_99
from asv_scaling.reference import Z_99_OVER_95
from asv_scaling.suite import Settings, Suite

WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2]})
SERIAL, POOL = "topic.Work.time_run('serial', 1)", "topic.Work.time_run('pool', 2)"
TIMES = {("serial", 1): 1.0, ("pool", 1): 1.1, ("pool", 2): 0.5}
HALF, INTERVAL = 0.03, 0.02


def reference_file(made: suites.MadeUp, machine: str, build: dict[str, str]) -> Path:
    header = {"kind": "asv-gate reference", "format": 1, "build": build, "machine": {}}
    line = {"version": "1", "seconds": 1.0, "anchor": SERIAL, "cost": 1.0, "build": build}
    times = [
        {**line, "name": SERIAL, "half": 0.0, "pairs": 11},
        {**line, "name": POOL, "half": HALF, "pairs": 12},
    ]
    return made.write(f"results/{machine}/reference.jsonl", "\n".join(map(json.dumps, [header, *times])))


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> suites.MadeUp:
    """Two commits on two Pythons, on a machine whose reference is the first on 3.9, and on one of plain asv run."""
    made = suites.MadeUp(tmp_path_factory.mktemp("paired") / "suite", [WORK])
    made.configure(scaling={"work": {WORK["name"]: [1_999_900, "flop"]}})
    for machine in ("paired", "plain"):
        made.machine(machine)
    for commit in (made.commit(), made.commit()):
        for python in ("3.9", "3.13"):
            for machine in ("paired", "plain"):
                path = made.run(machine, commit, python, {WORK["name"]: suites.row(WORK, TIMES, INTERVAL)})
                content = json.loads(path.read_text())
                content["result_columns"].append("stats_repeat")
                content["results"][WORK["name"]].append([5, None, 5, 5])
                path.write_text(json.dumps(content))
    reference_file(made, "paired", {"commit": made.commits[0], "environment": "virtualenv-py3.9"})
    publish(made.folder)
    return made


def points_of(made: suites.MadeUp, machine: str, commit: int, python: str) -> dict[tuple[str, int], points.Point]:
    folder = made.folder / "results" / machine
    suite = Suite.of({WORK["name"]: WORK}, Settings.of({}))
    run = results.read(folder / f"{made.commits[commit][:8]}-virtualenv-py{python}.json")
    (found,) = points.points(run, suite, pytest.fail, reference.of(folder)).values()
    return {(point.strategy, point.workers): point for point in found}


def test_a_speedup_has_the_error_of_the_references_times_too(made_up: suites.MadeUp) -> None:
    found = points_of(made_up, "paired", 1, "3.13")
    pool = found["pool", 2]
    assert pool.fixed == pytest.approx(HALF * Z_99_OVER_95)
    over = speedup.ratio(found["serial", 1], pool)
    plain = points_of(made_up, "plain", 1, "3.13")
    alone = speedup.ratio(plain["serial", 1], plain["pool", 2])
    assert over.value == alone.value == 2.0
    assert over.high is not None
    assert alone.high is not None
    assert math.log(over.high / 2) == pytest.approx(math.hypot(math.log(alone.high / 2), pool.fixed))
    (row,) = (row for row in speedup.rows(list(found.values()), "serial") if row.workers == 2 and row.time)
    assert row.time_high == pytest.approx(0.5 * math.exp(math.hypot(math.log(1 + INTERVAL), pool.fixed)))


def test_across_pythons_the_references_time_cancels(made_up: suites.MadeUp) -> None:
    by_python = [(python, list(points_of(made_up, "paired", 1, python).values())) for python in ("3.9", "3.13")]
    plain = [(python, list(points_of(made_up, "plain", 1, python).values())) for python in ("3.9", "3.13")]
    assert [row[3:] for row in speedup.across_pythons(by_python, 2)] == [
        row[3:] for row in speedup.across_pythons(plain, 2)
    ]


def test_the_reference_itself_is_exact_but_for_how_its_times_were_fixed(made_up: suites.MadeUp) -> None:
    found = points_of(made_up, "paired", 0, "3.9")
    serial, pool = found["serial", 1], found["pool", 2]
    assert (serial.low, serial.high, serial.taken) == (1.0, 1.0, 11)
    over = speedup.ratio(serial, pool)
    assert over.low is not None
    assert math.log(2 / over.low) == pytest.approx(HALF * Z_99_OVER_95)
    assert points_of(made_up, "paired", 0, "3.13")["pool", 2].taken == 5


def alongside(
    made: suites.MadeUp, ratios: list[float], build: dict[str, str], names: tuple[str, ...], *, apart: bool = True
) -> None:
    """A file of hours in each of which the reference's second time was so many times its first."""
    lines = [
        {
            "commit": f"{number}" if apart else "one",
            "environment": "e",
            "reference": [build["commit"], build["environment"]],
            "times": dict(zip(names, ([3.0, 0.01], [3.0 * ratio, 0.01]), strict=True)),
        }
        for number, ratio in enumerate(ratios)
    ]
    made.write("results/paired/alongside.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))


Hours = tuple[suites.MadeUp, list[float], dict[str, str]]


@pytest.fixture
def many_hours(made_up: suites.MadeUp) -> Iterator[Hours]:
    """What `alongside` is to be called with first; the file is removed afterwards."""
    yield made_up, [0.5, 0.52, 0.5, 0.48, 0.5], {"commit": made_up.commits[0], "environment": "virtualenv-py3.9"}
    (made_up.folder / "results" / "paired" / "alongside.jsonl").unlink(missing_ok=True)


def test_speedups_are_those_of_all_hours_in_which_the_reference_was_measured(
    made_up: suites.MadeUp, many_hours: Hours
) -> None:
    """Both times were fixed as equal; in all hours since the second has been half of the first."""
    before = points_of(made_up, "paired", 1, "3.13")
    alongside(*many_hours, (SERIAL, POOL))
    found = points_of(made_up, "paired", 1, "3.13")
    assert found["pool", 2].time == pytest.approx((before["pool", 2].time or 0) / 2)
    assert found["serial", 1].time == before["serial", 1].time
    over = speedup.ratio(found["serial", 1], found["pool", 2])
    assert over.value == pytest.approx(4.0)
    assert over.low is not None
    assert over.low < 3.5, "the hour in which they were fixed counts as one"
    across = speedup.ratio(found["pool", 2], points_of(made_up, "paired", 1, "3.9")["pool", 2])
    assert across.value == 1.0
    assert across.low == pytest.approx(speedup.ratio(before["pool", 2], before["pool", 2]._replace()).low)


@pytest.mark.parametrize(
    ("ratios", "build", "names"),
    [
        ([0.5, 0.5], None, (SERIAL, POOL)),
        (None, {"commit": "c", "environment": "virtualenv-py3.9"}, (SERIAL, POOL)),
        (None, None, ("another", POOL)),
    ],
    ids=["few", "another reference", "without the first"],
)
def test_where_hours_say_nothing_speedups_are_as_they_were_fixed(
    ratios: list[float] | None,
    build: dict[str, str] | None,
    names: tuple[str, ...],
    made_up: suites.MadeUp,
    many_hours: Hours,
) -> None:
    before = points_of(made_up, "paired", 1, "3.13")
    alongside(made_up, ratios or many_hours[1], build or many_hours[2], names)
    assert points_of(made_up, "paired", 1, "3.13") == before


def test_the_environments_of_a_commit_are_one_hour(made_up: suites.MadeUp, many_hours: Hours) -> None:
    before = points_of(made_up, "paired", 1, "3.13")
    alongside(*many_hours, (SERIAL, POOL), apart=False)
    assert points_of(made_up, "paired", 1, "3.13") == before, "five environments, and too few hours"


@pytest.mark.parametrize("text", ["{", "[1]", '{"reference": 1}', '{"reference": ["c", "e"], "times": 1}', "\udcff"])
def test_an_hour_that_cannot_be_read_is_told_of_and_left_out(
    text: str, made_up: suites.MadeUp, many_hours: Hours
) -> None:
    alongside(*many_hours, (SERIAL, POOL))
    expected = points_of(made_up, "paired", 1, "3.13")
    build = [many_hours[2]["commit"], many_hours[2]["environment"]]
    file = made_up.folder / "results" / "paired" / "alongside.jsonl"
    lines = file.read_text()
    file.write_text(lines + text.replace('["c", "e"]', json.dumps(build)), errors="surrogateescape")
    said: list[str] = []
    found = reference.of(file.parent, said.append)
    assert found is not None
    assert len(said) == 1
    assert str(file) in said[0]
    if text != "\udcff":  # a file that is no text has no lines
        assert points_of(made_up, "paired", 1, "3.13") == expected


@pytest.mark.parametrize(("version", "counts"), [("1", True), ("another", False)])
def test_hours_of_another_version_of_a_benchmark_do_not_count(
    version: str, *, counts: bool, made_up: suites.MadeUp, many_hours: Hours
) -> None:
    before = points_of(made_up, "paired", 1, "3.13")
    alongside(*many_hours, (SERIAL, POOL))
    file = made_up.folder / "results" / "paired" / "alongside.jsonl"
    lines = [{**json.loads(line), "versions": {WORK["name"]: version}} for line in file.read_text().splitlines()]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert (points_of(made_up, "paired", 1, "3.13") != before) is counts


def test_two_times_that_were_fixed_apart_have_a_ratio_without_an_interval() -> None:
    serial = points.Point("serial", 1, 1.0, 0.99, 1.01, fixed=0.0, anchor="serial")
    later = points.Point("new", 2, 0.5, 0.49, 0.51, fixed=0.0, anchor="new")
    assert speedup.ratio(serial, later) == speedup.Ratio(2.0)
    assert not speedup.told_apart(later, serial)
    assert speedup.ratio(later._replace(), later).low is not None, "on two Pythons what was fixed cancels"
    assert speedup.ratio(serial, later._replace(anchor="serial")).low is not None


@pytest.mark.parametrize("joined", [0, 10])
@pytest.mark.parametrize("spread", [0.02, 0.1])
def test_the_interval_holds_what_another_hour_gives(spread: float, joined: int) -> None:
    """Also of those that have joined their group, and have no hour but that in which their time was fixed."""
    rng = np.random.default_rng(1)
    names = [f"b{number}" for number in range(40)]
    of = ("c", "e", 1.0, "first")
    held = []
    for _ in range(25):
        hour = rng.normal(0, spread, (7, len(names)))
        fixed = {"first": hours.Fixed(0.0, 3, *of)}
        fixed |= {
            name: hours.Fixed(0.02, 3, *of)._replace(seconds=math.exp(hour[0, i])) for i, name in enumerate(names)
        }
        later = [{"first": 0.0, **dict(zip(names[joined:], row[joined:], strict=True))} for row in hour[1:-1]]
        found = hours.over_hours(fixed, later)
        for i, name in enumerate(names):
            here = math.log(found[name].seconds * found[name].scale)
            if not joined or i < joined:
                held.append(abs(here - hour[-1, i]) <= found[name].half)
    assert 0.97 < np.mean(held) <= 1.0, "99 % are asked for"


def test_strategies_that_the_fixed_times_do_not_tell_apart_are_not(made_up: suites.MadeUp) -> None:
    point = points.Point("pool", 2, 1.0, 0.999, 1.001)
    slow = points.Point("shared", 2, 1.01, 1.009, 1.011)
    assert speedup.told_apart(point, slow)
    assert not speedup.told_apart(point._replace(fixed=0.01), slow)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"build": {"commit": "c"}}', '{"build": 1}'])
def test_what_is_no_reference_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "reference.jsonl").write_text(text)
    said: list[str] = []
    assert reference.of(tmp_path, said.append) is None
    assert len(said) == 1
    assert "reference.jsonl cannot be read" in said[0]
    assert reference.of(tmp_path / "nowhere", pytest.fail) is None


@pytest.mark.parametrize("half", ["-1", "NaN", "Infinity", '"x"', "null"])
def test_half_an_interval_is_a_number(half: str, made_up: suites.MadeUp, tmp_path: Path) -> None:
    file = reference_file(made_up, "elsewhere", {"commit": "c", "environment": "e"})
    (tmp_path / "reference.jsonl").write_text(file.read_text().replace(f'"half": {HALF}', f'"half": {half}'))
    file.unlink()
    assert reference.of(tmp_path) is None


def test_what_is_published_says_how_often_each_was_taken(made_up: suites.MadeUp) -> None:
    index = published(made_up.folder / "html", "index")
    paired, plain = index["machines"]
    (oldest,) = (one["number"] for one in paired["environments"] if one["label"] == "3.9")
    assert paired["reference"] == [made_up.commits[0], oldest]
    assert plain["reference"] is None
    assert [one["work"] for one in index["workloads"]] == [[1_999_900, "flop"]]
    commit = published(made_up.folder / "html", f"runs/0/{made_up.commits[1][:12]}")
    rows = commit["runs"][str(paired["environments"][1]["number"])]["workloads"][0][0]
    assert rows[3][0] == 0.5
    assert rows[3][-1] == 5


@pytest.fixture
def opened(browser: Any, made_up: suites.MadeUp, libraries: None) -> Iterator[Opened]:
    with serve(made_up.folder / "html", made_up.folder) as address, opening(browser, address) as found:
        yield found


def test_the_page_says_how_numbers_were_taken_and_marks_those_that_were_apart(
    opened: Opened, made_up: suites.MadeUp
) -> None:
    page = opened.page
    opened.go("#/scaling?machine=plain")
    assert "taken minutes apart" in page.inner_text("#scaling-taken")
    assert page.locator("#scaling-matrix a", has_text="2.00x†").count() == 1
    assert page.locator("#scaling-matrix a", has_text="1.00x†").count() == 0
    page.click("#scaling-page summary")
    assert "5 samples, alone" in page.inner_text("#scaling-numbers")
    opened.picture("taken-apart")
    opened.go("#/scaling?machine=paired")
    said = page.inner_text("#scaling-taken")
    assert f"commit {made_up.commits[0][:8]} on Python 3.9" in said
    assert "†" not in page.inner_text("#scaling-page")
    assert "5 pairs" in page.text_content("#scaling-numbers")
    assert "4 Mflop/s" in page.text_content("#scaling-numbers"), "the rate of what takes 0.5 s"
    opened.picture("taken-in-pairs")


@pytest.fixture
def based(made_up: suites.MadeUp) -> Iterator[suites.MadeUp]:
    """The second commit was measured on 3.13 against the first there, and that one against the first on 3.9."""
    link_on(made_up, 1)
    yield made_up
    (made_up.folder / "results" / "paired" / "alongside.jsonl").unlink()


def link_on(made: suites.MadeUp, *linked: int) -> None:
    """On 3.13 these commits were measured against the first one there, and all else against the first on 3.9."""
    first = made.commits[0]
    lines = [
        {
            "commit": commit,
            "environment": f"virtualenv-py{python}",
            "reference": [first, "virtualenv-py3.13" if python == "3.13" and number in linked else "virtualenv-py3.9"],
            "times": {},
        }
        for number, commit in enumerate(made.commits)
        for python in ("3.9", "3.13")
    ]
    made.write("results/paired/alongside.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))


OWN = math.log(1 + INTERVAL)  # half of the interval of each time's logarithm, but for the small asymmetry


def test_an_environments_base_cancels_between_its_commits_and_not_between_environments(based: suites.MadeUp) -> None:
    base, later = (points_of(based, "paired", commit, "3.13") for commit in (0, 1))
    other = points_of(based, "paired", 1, "3.9")
    assert base["pool", 2].low == base["pool", 2].time, "it is what others were measured against"
    for above, below, halves in (
        (later["pool", 2], base["pool", 2], [OWN]),
        (later["pool", 2], other["pool", 2], [OWN, OWN, OWN]),  # the third is the base's
        (later["serial", 1], later["pool", 2], [OWN] * 4 + [HALF * Z_99_OVER_95]),
        (base["serial", 1], base["pool", 2], [OWN] * 2 + [HALF * Z_99_OVER_95]),
    ):
        found = speedup.ratio(above, below)
        assert found.high is not None
        assert math.log(found.high / found.value) == pytest.approx(math.hypot(*halves), rel=0.02)
    row = speedup.rows([later["serial", 1]], "serial")[0]
    assert row.time_high == pytest.approx(math.exp(math.hypot(OWN, OWN)), rel=1e-3)


def test_in_the_series_of_an_environment_what_has_the_bases_error_is_told_from_what_has_not(
    based: suites.MadeUp,
) -> None:
    third = based.run("paired", based.commit(), "3.13", {WORK["name"]: suites.row(WORK, TIMES, INTERVAL)})
    link_on(based, 1)
    try:
        (machine,) = (one for one in results.machines(based.folder / "results", pytest.fail) if one.name == "paired")
        read = history.read(machine, {WORK["name"]: WORK}, pytest.fail)
    finally:
        third.unlink()
    points_there = read.series[history.Series(POOL, "virtualenv-py3.13")]
    there = {read.commits[point.revision]: point for point in points_there}
    first, second, last = (there[based.commits[number]] for number in (0, 1, -1))
    assert [point.error * Z_99 for point in (first, second, last)] == pytest.approx([OWN] * 3, rel=0.02)
    assert first.group == second.group != last.group
    assert [first.shared, second.shared, last.shared] == pytest.approx([0.0, 0.0, OWN], rel=0.02)
    assert first.error_to(second) * Z_99 == pytest.approx(math.hypot(OWN, OWN), rel=0.02)
    assert second.error_to(last) * Z_99 == pytest.approx(math.hypot(OWN, OWN, OWN), rel=0.02)


def run_of(commit: str, environment: str) -> results.Run:
    return results.Run(Path(), commit, 0, environment, "3.13", {}, {}, {})


def test_what_was_measured_against_a_replaced_reference_shares_no_error_with_what_came_after(tmp_path: Path) -> None:
    """The error of the replacement is in the step from one to the other, and in none beside it."""
    old, new = {"commit": "old", "environment": "py3.13"}, {"commit": "new", "environment": "py3.13"}
    line = {"version": "1", "seconds": 1.0, "anchor": SERIAL, "pairs": 3, "cost": 1.0}
    before = [{**line, "name": name, "half": half, "build": old} for name, half in ((SERIAL, 0.0), (POOL, 0.03))]
    after = [{**line, "name": name, "half": half, "build": new} for name, half in ((SERIAL, 0.02), (POOL, 0.05))]
    header = {"build": new, "replaced": [{"build": old, "by": new, "apart": {"apart": "why"}}]}
    lines = [header, *after, {**line, "name": "kept", "half": 0.01, "build": old}]
    (tmp_path / "reference.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "reference-1.jsonl").write_text("\n".join(map(json.dumps, [{"build": old}, *before])))
    measured = [("a", "py3.13", "old"), ("new", "py3.13", "old"), ("b", "py3.13", "new"), ("b", "py3.12", "new")]
    (tmp_path / "alongside.jsonl").write_text(
        "".join(
            json.dumps({"commit": commit, "environment": where, "reference": [against, "py3.13"], "times": {}}) + "\n"
            for commit, where, against in measured
        )
    )
    found = reference.of(tmp_path, pytest.fail)
    assert found is not None
    assert found.build == ("new", "py3.13")
    a, b, itself, unknown = (run_of(commit, "py3.13") for commit in ("a", "b", "new", "unknown"))
    for name, half in ((SERIAL, 0.02), (POOL, 0.04), ("kept", 0.0), ("apart", reference.UNKNOWN / Z_99_OVER_95)):
        assert found.shared(a, name) == (("old", "py3.13"), 0.0)
        group, error = found.shared(b, name)
        assert group == ("new", "py3.13")
        assert error == pytest.approx(half * Z_99_OVER_95)
        assert found.shared(unknown, name)[0] == ("old", "py3.13"), "from before this was written down"
    assert not found.is_exact(itself, POOL), "its result is of pairs with the old one"
    assert found.shared(itself, POOL) == (("old", "py3.13"), 0.0)
    for name in (SERIAL, POOL, "kept"):
        assert found.is_exact(run_of("old", "py3.13"), name), "all before was measured against it"
    assert not found.is_exact(a, SERIAL)
    assert found.link(b, POOL) == found.link(run_of("b", "py3.12"), POOL) == 0.0


def test_a_base_that_took_anothers_place_has_the_errors_of_both(tmp_path: Path) -> None:
    (tmp_path / "reference.jsonl").write_text(json.dumps({"build": {"commit": "r", "environment": "py3.13"}}) + "\n")
    measured = [
        ("one", ["r", "py3.13"]),
        ("two", ["one", "py3.12"]),
        ("x", ["one", "py3.12"]),
        ("y", ["two", "py3.12"]),
    ]
    (tmp_path / "alongside.jsonl").write_text(
        "".join(
            json.dumps({"commit": commit, "environment": "py3.12", "reference": against, "times": {}}) + "\n"
            for commit, against in measured
        )
    )
    for commit, half in (("one", 0.03), ("two", 0.04)):
        row = [[1.0], [], "1", None, None, [math.exp(-half)], [math.exp(half)]]
        content = {
            "version": 2,
            "commit_hash": commit,
            "env_name": "py3.12",
            "date": 0,
            "params": {"python": "3.12"},
            "python": "3.12",
            "env_vars": {},
            "result_columns": suites.COLUMNS,
            "results": {"a": row},
        }
        (tmp_path / f"{commit}-py3.12.json").write_text(json.dumps(content))
    found = reference.of(tmp_path, pytest.fail)
    assert found is not None
    one, two, x, y, directly = (run_of(commit, "py3.12") for commit in ("one", "two", "x", "y", "z"))
    assert [found.is_exact(run, "a") for run in (one, two, x)] == [True, False, False]
    assert [found.link(run, "a") for run in (one, two, x, y)] == pytest.approx([0.03, 0.03, 0.03, 0.05])
    assert [found.shared(run, "a")[1] for run in (one, two, x, y)] == pytest.approx([0.0, 0.0, 0.0, 0.04])
    group, error = found.shared(directly, "a")
    assert group == ("r", "py3.13")
    assert error == pytest.approx(0.04)


@pytest.mark.parametrize("text", ["[", '{"result_columns": 1}'])
def test_without_a_base_that_can_be_read_nothing_is_exact(text: str, based: suites.MadeUp) -> None:
    path = based.folder / "results" / "paired" / f"{based.commits[0][:8]}-virtualenv-py3.13.json"
    before = path.read_text()
    path.write_text(text)
    try:
        found = reference.of(path.parent)
        assert found is not None
        assert found.halves == {(based.commits[0], "virtualenv-py3.13"): {}}
        assert points_of(based, "paired", 1, "3.13")["pool", 2].link == 0.0
    finally:
        path.write_text(before)
