"""Changes of a history: found with their commit, and none where nothing changed, as often as is said."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asv_scaling import __main__ as command
from asv_scaling.changes import Change, Measured, _normal, changes, widening
from asv_scaling.history import Series, _with_hours

Z = 2.5758293


def page(
    rng: np.random.Generator,
    *,
    series: int = 60,
    commits: int = 9,
    noise: float = 1.0,
    slower: float = 0.0,
    at: int = 5,
) -> dict[int, list[Measured]]:
    """Series of values near 1 with intervals of 0.5 to 2 %; the first ten become slower at a commit."""
    made = {}
    for number in range(series):
        errors = 0.005 * rng.uniform(0.5, 2, 9)
        logs = rng.normal(0, errors * noise)
        if number < 10:
            logs[at:] += math.log1p(slower)
        made[number] = [
            Measured(i, math.exp(log), math.exp(log - Z * error), math.exp(log + Z * error))
            for i, (log, error) in enumerate(zip(logs, errors, strict=True))
        ]
    return made


@pytest.mark.parametrize("noise", [1.0, 3.0])
def test_pages_of_unchanged_code_seldom_have_an_entry(noise: float) -> None:
    """Also where values vary more than their intervals say."""
    wrong = sum(bool(changes(page(np.random.default_rng([1, run]), noise=noise))) for run in range(60))
    assert wrong <= 12  # of 60; at 5 % each, more than that come once in ten thousand times


def test_an_entry_names_the_right_commit_in_nineteen_of_twenty() -> None:
    """As the one with which it is listed, or as one that it may as well have come with; the larger the fewer those."""
    beside = {}
    for slower in (0.03, 0.3):
        found = [
            change
            for run in range(40)
            for number, several in changes(page(np.random.default_rng([4, run]), slower=slower)).items()
            for change in several
            if number < 10
        ]
        right = [change for change in found if 5 in change.within]
        assert all(change.after in change.within for change in found)
        assert len(right) >= 0.93 * len(found) > 300
        beside[slower] = sum(len(change.within) - 1 for change in found) / len(found)
    assert beside[0.3] < 0.05 < beside[0.03]


def few_pairs(rng: np.random.Generator, *, slower: float = 0.0, at: int = 5) -> dict[int, list[Measured]]:
    """Series of 9 commits by 3 pairs each, with intervals as `asv-gate history` states them; some are noisier."""
    made: dict[int, list[Measured]] = {number: [] for number in range(200)}
    noise = 0.012 * np.exp(rng.normal(0, 0.6, 200))
    for commit in range(9):
        d = rng.normal(0, noise[:, None], (200, 3)) + rng.normal(0, 0.003, (200, 1))
        if commit >= at:
            d[:10] += math.log1p(slower)
        own = d.var(axis=1, ddof=1)
        error = np.sqrt((2 * np.median(own) + 2 * own) / 4 / 3)
        for number, (value, half) in enumerate(zip(d.mean(axis=1), 4.604 * error, strict=True)):
            made[number].append(Measured(commit, math.exp(value), math.exp(value - half), math.exp(value + half)))
    return made


def test_intervals_of_few_pairs_bring_few_false_entries() -> None:
    """The narrowest of hundreds of intervals would, if they were taken for what they say."""
    wrong = sum(bool(changes(few_pairs(np.random.default_rng([2, run])))) for run in range(40))
    assert wrong <= 7  # of 40; at 5 % each, more than that come once in five hundred times


@pytest.mark.parametrize(("slower", "share"), [(0.1, 0.9), (0.2, 1.0)])
def test_with_few_pairs_a_large_change_is_found_all_the_same(slower: float, share: float) -> None:
    found = changes(few_pairs(np.random.default_rng(4), slower=slower))
    precise = [number for number in range(10) if number in found and found[number][0].after == 5]
    assert len(precise) >= share * 9  # one of ten may be too noisy
    assert sum(number >= 10 for number in found) <= 1


def test_an_error_that_half_of_a_series_shares_is_no_change() -> None:
    """The first five commits of each were measured against another build than the rest, by 2 % too much or too little.

    All is told apart from a change of a commit's by its place, and by its size.
    """
    wrong, found = 0, 0
    for run in range(40):
        rng = np.random.default_rng([6, run])
        series = page(rng)
        shifted = {}
        for number, points in series.items():
            off = math.exp(rng.normal(0, 0.02))
            shifted[number] = [
                replace(point, value=point.value * off, low=point.low * off, high=point.high * off)
                if point.revision < 5
                else replace(point, group="new", shared=0.02 * Z)
                for point in points
            ]
            if number < 10:
                shifted[number] = [
                    replace(point, value=point.value * 1.2, low=point.low * 1.2, high=point.high * 1.2)
                    if point.revision >= 7
                    else point
                    for point in shifted[number]
                ]
        for number, several in changes(shifted).items():
            right = [7 in change.within for change in several]
            found += number < 10 and any(right)
            wrong += right.count(False)
    assert found >= 395
    assert wrong <= 0.1 * found


def test_what_another_hour_makes_of_two_pythons_is_no_change() -> None:
    """Of a Python's builds the later ones were measured against another base, and each base against another Python.

    How all benchmarks step there tells that they do not compare alike in two hours; what goes far beyond is a change.
    """
    rng = np.random.default_rng(11)
    series = {}
    for number, points in page(rng).items():
        by = math.exp(rng.normal(0, 0.06) - (0.9 if number < 3 else 0.0))
        series[Series(f"time_{number}", "py3.11")] = [
            replace(point, value=point.value * by, low=point.low * by, high=point.high * by, group="new")
            if point.revision >= 5
            else replace(point, group="old")
            for point in points
        ]
    assert len(changes(series)) > 30, "without that nearly all are listed"
    found = changes(_with_hours(series))
    assert {f"time_{number}" for number in range(3)} <= {each.name for each in found}
    assert len(found) <= 5
    assert all(point.shared == 0 for points in _with_hours(series).values() for point in points if point.group == "old")


def test_where_another_base_makes_no_difference_it_is_none() -> None:
    rng = np.random.default_rng(12)
    series = {
        Series(f"time_{number}", "py3.11"): [replace(point, group=point.revision >= 5) for point in points]
        for number, points in page(rng, slower=0.1).items()
    }
    found = changes(_with_hours(series))
    assert {f"time_{number}" for number in range(10)} <= {each.name for each in found}
    assert len(found) <= 12


def test_few_benchmarks_do_not_tell_of_an_hour() -> None:
    series = {
        Series("time_it", "py3.11"): [replace(point, group=point.revision >= 5) for point in points]
        for number, points in page(np.random.default_rng(13), slower=0.1).items()
        if number == 0
    }
    assert _with_hours(series) == series


def test_students_distribution_is_approximated_far_out() -> None:
    """Quantiles of 8 degrees of freedom, of tables: two-sided 5 %, 0.1 % and one in a million."""
    for t, p in ((2.306, 0.05), (5.041, 0.001), (13.26, 1e-6)):
        assert 0.99 * p <= math.erfc(_normal(t, 8) / math.sqrt(2)) <= 1.2 * p, "a little too large at most"


@pytest.mark.parametrize("at", [1, 5, 8])
def test_a_change_is_listed_with_its_commit_and_its_size(at: int) -> None:
    found = changes(page(np.random.default_rng(2), slower=0.1, at=at))
    for number in range(10):
        assert any((change.before, change.after) == (at - 1, at) for change in found[number])
    (change,) = (each for each in found[0] if each.after == at)
    assert change.low < 1.1 < change.high
    assert sum(len(each) for number, each in found.items() if number >= 10) <= 3


def test_a_change_back_is_a_change() -> None:
    points = page(np.random.default_rng(3), series=30)
    levels = [1.2 if 3 <= i < 6 else 1.0 for i in range(9)]
    points[0] = [Measured(i, level, level - 0.01, level + 0.01) for i, level in enumerate(levels)]
    assert [change.after for change in changes(points)[0]] == [3, 6]


def levels_of(*levels: float) -> list[Measured]:
    return [Measured(i, level, level - 0.01, level + 0.01) for i, level in enumerate(levels)]


def test_a_change_is_from_the_level_before_to_the_next_and_not_from_all_before_to_all_after() -> None:
    points = page(np.random.default_rng(3), series=30)
    points[0] = levels_of(1.0, 1.0, 1.0, 1.2, 1.2, 1.2, 1.3, 1.3, 1.3)
    first, second = changes(points)[0]
    assert (first.after, second.after) == (3, 6)
    assert first.ratio == pytest.approx(1.2)
    assert second.ratio == pytest.approx(1.3 / 1.2)


def test_a_place_that_another_change_explains_is_no_change() -> None:
    """After the fourth commit all was measured against another build, by an error that the change of then hides in.

    So the last commit differs most from all before it together, and yet not from its neighbours.
    """
    points = page(np.random.default_rng(3), series=30)
    points[0] = [
        replace(point, group="new", shared=0.08) if point.revision >= 4 else point
        for point in levels_of(1.0, 1.0, 1.0, 1.0, 1.2, 1.2, 1.2, 1.2, 1.215)
    ]
    assert [change.after for change in changes(points)[0]] == [4]


def test_what_is_no_measurement_is_left_out() -> None:
    bad = [
        Measured(0, 0.0, 0, 0),
        Measured(1, math.nan, 1, 2),
        Measured(2, 1, 1, 1),
        Measured(3, math.inf, 1, math.inf),
    ]
    assert changes({"a": bad, "b": []}) == {}
    assert widening([bad]) == 1.0
    assert changes({}) == {}


def test_a_change_too_small_to_matter_is_none() -> None:
    levels = [1.0] * 4 + [1.005] * 4
    exact = [Measured(i, level, level - 1e-5, level + 1e-5) for i, level in enumerate(levels)]
    assert changes({"a": exact}) == {}
    assert isinstance(changes({"a": exact}, least=0.001)["a"][0], Change)


def results_of(folder: Path, values: list[float]) -> Path:
    """A suite's folder with a machine and a result for each value."""
    machine = folder / "results" / "m"
    machine.mkdir(parents=True)
    entry = {"name": "a.time_it", "params": [["1"]], "param_names": ["n"], "version": "v", "type": "time", "unit": "s"}
    (folder / "asv.conf.json").write_text("{}")
    (folder / "results" / "benchmarks.json").write_text(json.dumps({"a.time_it": entry, "version": 2}))
    (machine / "machine.json").write_text(json.dumps({"machine": "m", "version": 1}))
    for i, value in enumerate(values):
        content = {
            "version": 2,
            "commit_hash": f"{i}" * 40,
            "env_name": "env",
            "date": 1000 * i,
            "params": {"python": "3.13"},
            "result_columns": ["result", "params", "version", "stats_ci_99_a", "stats_ci_99_b"],
            "results": {"a.time_it": [[value], [["1"]], "v", [value * 0.99], [value * 1.01]]},
        }
        (machine / f"{i}-env.json").write_text(json.dumps(content))
    return folder


def test_the_command_lists_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = results_of(tmp_path, [1.0, 1.001, 0.999, 1.2, 1.201, 1.199])
    assert command.main(["changes", "--config", str(folder / "asv.conf.json")]) == 0
    said = capsys.readouterr().out
    assert "a.time_it(1) in env: +20.0% (" in said
    assert said.endswith("at 33333333, after 22222222\n")


def test_the_command_names_the_commits_that_a_change_may_have_come_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = results_of(tmp_path, [1.0, 1.001, 1.01, 1.02, 1.021, 1.019])
    assert command.main(["changes", "--config", str(folder / "asv.conf.json")]) == 0
    said = capsys.readouterr().out
    assert said.endswith("at 33333333, after 22222222, or at 22222222\n")


def test_the_command_says_that_there_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = results_of(tmp_path, [1.0, 1.001, 0.999])
    assert command.main(["changes", "--config", str(folder / "asv.conf.json")]) == 0
    assert capsys.readouterr().out == "m: no change in 1 series\n"
    assert command.main(["changes", "--config", str(results_of(tmp_path / "one", [1.0]) / "asv.conf.json")]) == 0
    assert capsys.readouterr().out == "m: nothing to compare, since no series has two points with an interval\n"
    assert command.main(["changes", "--config", str(folder / "asv.conf.json"), "--machine", "x"]) == 1
    assert "machine must be one of m, not 'x'" in capsys.readouterr().err
