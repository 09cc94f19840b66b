"""What is read out of results, and what is derived from it."""

import math
from pathlib import Path
from typing import Any

import pytest
import suites
from hypothesis import given
from hypothesis import strategies as st

from asv_scaling import results, scaling
from asv_scaling.scaling import Point, Words

WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2, 4]})


def run(rows: dict[str, list[Any]]) -> results.Run:
    columns = {name: place for place, name in enumerate(suites.COLUMNS)}
    return results.Run(Path("run.json"), "c" * 40, 0, "py3.13", "3.13", {}, columns, rows)


def points(of: dict[str, Any], row: list[Any], **words: Any) -> dict[str, list[Point]]:
    among = list(scaling.workloads({of["name"]: of}, Words(**words)))
    return scaling.measured(run({of["name"]: row}), among, {of["name"]: of})


def test_a_point_says_its_time_or_why_it_has_none() -> None:
    row = suites.row(WORK, {("serial", 1): 1.0, ("pool", 1): 1.25, ("pool", 2): None, ("pool", 4): -math.inf})
    (found,) = points(WORK, row).values()
    assert found == [
        Point("serial", 1, 1.0, 0.98, 1.02),
        Point("serial", 2, missing="skipped"),
        Point("serial", 4, missing="skipped"),
        Point("pool", 1, 1.25, 1.225, 1.275),
        Point("pool", 2, missing="failed"),
        Point("pool", 4, missing="-inf is no time"),
    ]


def test_a_benchmark_that_could_not_be_run_at_all_failed_throughout() -> None:
    (found,) = points(WORK, [None, WORK["params"], "1"]).values()
    assert {point.missing for point in found} == {"failed"}


def test_parameters_may_have_changed_since() -> None:
    before = suites.benchmark("topic.Work.time_run", {"strategy": ["pool", "old", "serial"], "workers": [2, 1]})
    row = suites.row(before, {("serial", 1): 1.0, ("pool", 2): 0.5, ("old", 2): 9.0})
    (found,) = points(WORK, row).values()
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
    assert points(WORK, row) == {}


def test_other_parameters_make_workloads_apart() -> None:
    of = suites.benchmark("m.time_open", {"start": ["fork", "spawn"], "threads": [1, 2]})
    found = points(of, suites.row(of, {("fork", 1): 1.0, ("fork", 2): 2.0, ("spawn", 1): 3.0, ("spawn", 2): 4.0}))
    assert {key: [point.time for point in some] for key, some in found.items()} == {
        "m.time_open[start=fork]": [1.0, 2.0],
        "m.time_open[start=spawn]": [3.0, 4.0],
    }


@pytest.mark.parametrize("name", ["workers", "processes", "threads", "n_jobs"])
def test_a_parameter_for_workers_is_recognised_by_its_name(name: str) -> None:
    of = suites.benchmark("m.time_it", {name: [1, 2, -1, None]})
    (workload,) = scaling.workloads({"m.time_it": of}, Words())
    assert [place.workers for place in workload.places] == [1, 2]  # n_jobs=-1 does not say how many


def test_a_suite_can_say_what_it_calls_them() -> None:
    of = suites.benchmark("m.time_it", {"backend": ["sequential", "loky"], "procs": [1, 2]})
    assert not list(scaling.workloads({"m.time_it": of}, Words()))
    words = Words.of({"workers": ["procs"], "strategy": ["backend"], "serial": "sequential"})
    (workload,) = scaling.workloads({"m.time_it": of}, words)
    assert workload.strategies == ["sequential", "loky"]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ([], "must be an object"),
        ({"wokers": ["n"]}, "has no 'wokers'; it has \"workers\""),
        ({"workers": "n"}, '"workers" of "scaling" must be a list of names, not \'n\''),
        ({"serial": 3}, '"serial" of "scaling" must be a name, not 3'),
    ],
)
def test_wrong_words_are_named(said: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Words.of(said)


def test_what_measures_no_seconds_or_has_no_workers_is_left_out() -> None:
    of = {
        "a": suites.benchmark("a", {"workers": [1]}, unit="bytes"),
        "b": suites.benchmark("b", {"size": [1]}),
        "c": suites.benchmark("c", {}),
    }
    assert not list(scaling.workloads(of, Words()))


TIMES = st.floats(1e-9, 1e6)
HALVES = st.floats(0.5, 0.999)


@st.composite
def timed(draw: st.DrawFn) -> Point:
    time = draw(TIMES)
    return Point("pool", 2, time, time * draw(HALVES), time / draw(HALVES))


@given(timed(), timed())
def test_the_interval_of_a_ratio_is_as_wide_as_its_parts_ask_and_no_wider_than_their_extremes(
    above: Point, below: Point
) -> None:
    assert above.time
    assert above.low
    assert above.high
    assert below.time
    assert below.low
    assert below.high
    found = scaling.ratio(above, below)
    back = scaling.ratio(below, above)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert math.isclose(found.value * back.value, 1)
    assert back.high is not None
    assert math.isclose(found.low * back.high, 1)  # it is the same interval the other way round
    slack = 1 + 1e-9
    assert above.low / below.high <= found.low * slack
    assert found.low <= min(above.low / below.time, above.time / below.high) * slack
    assert found.high <= above.high / below.low * slack
    assert max(above.high / below.time, above.time / below.low) <= found.high * slack


def test_the_interval_of_a_ratio_holds_the_true_ratio_as_often_as_it_says() -> None:
    """For normal logarithms the method is exact: 99 in 100, within what 20,000 draws can show."""
    import numpy as np

    draws, error, z = 20_000, 0.05, 2.5758293035489
    rng = np.random.default_rng(20_240_501)
    held = 0
    for above, below in np.exp(rng.normal(0, error, (draws, 2))):
        one = Point("a", 1, above, above * math.exp(-z * error), above * math.exp(z * error))
        two = Point("b", 1, below, below * math.exp(-z * error), below * math.exp(z * error))
        found = scaling.ratio(one, two)
        assert found.low is not None
        assert found.high is not None
        held += found.low < 1 < found.high
    assert abs(held / draws - 0.99) < 4 * math.sqrt(0.99 * 0.01 / draws)


def test_without_an_interval_there_is_a_ratio_without_one() -> None:
    found = scaling.ratio(Point("serial", 1, 2.0, 1.9, 2.1), Point("pool", 2, 1.0))
    assert (found.value, found.low, found.high) == (2.0, None, None)


def test_a_speedup_is_over_serial_or_over_the_fewest_workers() -> None:
    slow, fast = Point("pool", 1, 3.0), Point("serial", 1, 1.0)
    assert scaling.baseline([slow, fast], "serial") is fast
    assert scaling.baseline([slow], "serial") is None
    assert scaling.baseline([Point("serial", 1, missing="failed"), slow], "serial") is None
    alone = [Point("", 2, 1.0), Point("", 1, 1.5), Point("", 4, 0.5)]
    assert scaling.baseline(alone, "serial") is alone[1]
    # The second of the fewest workers is no substitute: it may be faster already.
    assert scaling.baseline([Point("", 1, missing="failed"), Point("", 2, 1.0)], "serial") is None


def test_who_led_leads_on_until_another_is_told_apart_as_faster() -> None:
    old, near, far = (
        Point("pool", 2, 1.0, 0.9, 1.1),
        Point("shared", 2, 0.95, 0.85, 1.05),
        Point("shared", 2, 0.5, 0.45, 0.55),
    )
    assert scaling.leader(None, [old, near]) == "shared"
    assert scaling.leader("pool", [old, near]) == "pool"
    assert scaling.leader("pool", [old, far]) == "shared"
    assert scaling.leader("pool", [Point("pool", 2, missing="failed"), near]) == "shared"
    assert scaling.leader("pool", []) == "pool"


def test_labels_are_short_where_that_is_enough() -> None:
    names = ["compute.Parzen.time_run", "memory.Triad.time_run", "cold.Triad.time_run", "top.time_it"]
    of = [scaling.Workload(name, {"size": "M"} if "it" in name else {}, []) for name in names]
    assert scaling.labels(of) == ["Parzen", "memory.Triad", "cold.Triad", "it, size M"]


def test_pythons_are_sorted_by_age() -> None:
    assert sorted(["3.14", "3.9", "3.13t", "3.10", "3.13"], key=scaling.age) == ["3.9", "3.10", "3.13", "3.13t", "3.14"]


def test_facts_are_what_a_benchmark_of_facts_recorded() -> None:
    of = suites.benchmark("python.track_build", {"fact": ["pgo", "gil", "jit"]}, unit="unit", type="track")
    row = suites.row(of, {("pgo",): 1.0, ("gil",): 0.0})
    assert scaling.facts(run({of["name"]: row}), {of["name"]: of}) == {"pgo": 1.0, "gil": 0.0}


@pytest.mark.parametrize(
    "row", [[["a"] * 6, WORK["params"]], [[1.0], WORK["params"], "1"], [3, WORK["params"]], [[1.0], 7]]
)
def test_rows_that_are_none_are_named(row: list[Any]) -> None:
    with pytest.raises(results.Unreadable, match=r"run\.json has no readable results of topic\.Work\.time_run"):
        points(WORK, row)
