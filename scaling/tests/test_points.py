"""The points that are read out of a run, whatever its rows of results hold."""

import math
from pathlib import Path
from typing import Any

import pytest
import suites
from asv.results import get_filename

from asv_scaling import points, results
from asv_scaling.points import Point
from asv_scaling.suite import Settings, Suite


@pytest.mark.parametrize("length", [10, 127, 128, 300])
def test_a_file_of_results_is_called_as_asv_calls_it(length: int) -> None:
    name = "e" * length
    assert results.file_name("c" * 40, name) == Path(get_filename("m", "c" * 40, name)).name


WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2, 4]})
OTHER = suites.benchmark("topic.Other.time_run", {"workers": [1]})
VALUES = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]


def run(rows: dict[str, list[Any]]) -> results.Run:
    columns = {name: place for place, name in enumerate(suites.COLUMNS)}
    return results.Run(Path("run.json"), "c" * 40, 0, "py3.13", "3.13", {}, columns, rows)


def read(row: list[Any], warnings: list[str] | None = None) -> dict[str, list[Point]]:
    """The points of a run of WORK with this row of results, and of OTHER."""
    suite = Suite.of({one["name"]: one for one in (WORK, OTHER)}, Settings())
    rows = {WORK["name"]: row, OTHER["name"]: suites.row(OTHER, {(1,): 2.0})}
    return points.points(run(rows), suite, pytest.fail if warnings is None else warnings.append)


def test_a_point_says_its_time_or_why_it_has_none() -> None:
    row = suites.row(WORK, {("serial", 1): 1.0, ("pool", 1): 1.25, ("pool", 2): None, ("pool", 4): -math.inf})
    assert read(row)[WORK["name"]] == [
        Point("serial", 1, 1.0, 0.98, 1.02),
        Point("serial", 2, missing="skipped"),
        Point("serial", 4, missing="skipped"),
        Point("pool", 1, 1.25, 1.225, 1.275),
        Point("pool", 2, missing="failed"),
        Point("pool", 4, missing="-inf is no time"),
    ]


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        (None, "failed"),
        (math.nan, "skipped"),
        (math.inf, "inf is no time"),
        (0, "0 is no time"),
        (-1.5, "-1.5 is no time"),
        ("fast", "fast is no time"),
        ("1.0", "1.0 is no time"),
        (True, "True is no time"),
        ([1.0], "[1.0] is no time"),
        ({}, "{} is no time"),
        (10**400, "1000000000000000000… is no time"),
    ],
)
def test_a_value_that_is_no_time_is_a_reason_and_the_others_are_times(value: object, missing: str) -> None:
    (first, *rest) = read([[value, *VALUES[1:]], WORK["params"], "1"])[WORK["name"]]
    assert first == Point("serial", 1, missing=missing)
    assert {point.time for point in rest} == {1.0}


@pytest.mark.parametrize("bound", [None, math.nan, math.inf, -1, 0, "low", True, 10**400, [1], 2.0])
def test_a_bound_that_is_none_leaves_a_time_without_an_interval(bound: object) -> None:
    low, high = [bound, *VALUES[1:]], [1.5] * 6
    (first, second, *_) = read([VALUES, WORK["params"], "1", None, None, low, high])[WORK["name"]]
    assert first == Point("serial", 1, 1.0)
    assert second == Point("serial", 2, 1.0, 1.0, 1.5)


@pytest.mark.parametrize("column", [3, "low", [1.0], {"a": 1}])
def test_a_column_of_bounds_that_is_none_leaves_times_without_intervals(column: object) -> None:
    found = read([VALUES, WORK["params"], "1", None, None, column, [1.5] * 6])[WORK["name"]]
    assert {(point.time, point.low, point.high) for point in found} == {(1.0, None, None)}


def test_a_benchmark_that_could_not_be_run_at_all_failed_throughout() -> None:
    assert {point.missing for point in read([None, WORK["params"], "1"])[WORK["name"]]} == {"failed"}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ([[1.0], WORK["params"], "1"], "1 values of result, for 6 combinations"),
        ([VALUES * 2, WORK["params"], "1"], "12 values of result, for 6 combinations"),
        (["a", WORK["params"], "1"], "result is 'a'"),
        ([3, WORK["params"], "1"], "result is 3"),
        ([{"a": 1}, WORK["params"], "1"], "result is {'a': 1}"),
        ([VALUES, 7], "their parameters are 7"),
        ([VALUES], "their parameters are None"),
        ([VALUES, [1, 2], "1"], "their parameters are [1, 2]"),
        ([VALUES, [["a", "b"], [[], {}, 3]], "1"], "their parameters are [['a', 'b'], [[], {}, 3]]"),
        ([[], [], "1"], "0 values of result, for 1 combinations"),
    ],
)
def test_malformed_results_of_a_benchmark_are_named_and_the_others_are_read(row: list[Any], complaint: str) -> None:
    warnings: list[str] = []
    assert read(row, warnings) == {OTHER["name"]: [Point("", 1, 2.0, 1.96, 2.04)]}
    (warning,) = warnings
    assert warning.startswith("run.json: the results of topic.Work.time_run are malformed and left out: ")
    assert complaint in warning


def test_parameters_may_have_changed_since() -> None:
    before = suites.benchmark("topic.Work.time_run", {"strategy": ["pool", "old", "serial"], "workers": [2, 1]})
    row = suites.row(before, {("serial", 1): 1.0, ("pool", 2): 0.5, ("old", 2): 9.0})
    found = read(row)[WORK["name"]]
    assert [(point.strategy, point.workers, point.time or point.missing) for point in found] == [
        ("serial", 1, 1.0),
        ("serial", 2, "skipped"),
        ("serial", 4, "not run"),
        ("pool", 1, "skipped"),
        ("pool", 2, 0.5),
        ("pool", 4, "not run"),
    ]


def test_another_version_of_a_benchmark_is_another_history() -> None:
    row = suites.row(WORK, {("serial", 1): 1.0})
    row[2] = "another"
    assert list(read(row)) == [OTHER["name"]]


def facts(row: list[Any], **more: Any) -> dict[str, str]:
    of = suites.benchmark("python.track_build", {"fact": ["pgo", "gil", "jit"]}, unit="unit", type="track")
    return points.facts(run({of["name"]: row}), {of["name"]: of, **more})


def test_facts_are_what_a_benchmark_of_facts_recorded() -> None:
    params = [["'pgo'", "'gil'", "'jit'"]]
    assert facts([[1.0, 0.0, math.nan], params]) == {"pgo": "1", "gil": "0"}
    assert facts([["yes", 2.5, None], params], broken=[]) == {"gil": "2.5"}


@pytest.mark.parametrize(
    "row", [[], [None, None], [3, [["a"]]], [[1.0], [["'a'"], ["'b'"]]], [[1.0], [[1]]], [[1.0], "a"]]
)
def test_facts_that_are_malformed_are_none(row: list[Any]) -> None:
    assert facts(row) == {}
