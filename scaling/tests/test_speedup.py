"""What is derived from the points of a run."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asv_scaling import environments, speedup
from asv_scaling.environments import Environment
from asv_scaling.points import Point
from asv_scaling.speedup import FASTEST, SIMILAR, SLOWER

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
    found = speedup.ratio(above, below)
    back = speedup.ratio(below, above)
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
    draws, error, z = 20_000, 0.05, 2.5758293035489
    draw = random.Random(20_240_501)
    held = 0
    for _ in range(draws):
        above, below = (math.exp(draw.gauss(0, error)) for _ in range(2))
        one = Point("a", 1, above, above * math.exp(-z * error), above * math.exp(z * error))
        two = Point("b", 1, below, below * math.exp(-z * error), below * math.exp(z * error))
        found = speedup.ratio(one, two)
        assert found.low is not None
        assert found.high is not None
        held += found.low < 1 < found.high
    assert abs(held / draws - 0.99) < 4 * math.sqrt(0.99 * 0.01 / draws)


def test_without_an_interval_there_is_a_ratio_without_one() -> None:
    found = speedup.ratio(Point("serial", 1, 2.0, 1.9, 2.1), Point("pool", 2, 1.0))
    assert (found.value, found.low, found.high) == (2.0, None, None)


def test_without_a_time_there_is_no_ratio() -> None:
    with pytest.raises(ValueError, match="without a time"):
        speedup.ratio(Point("serial", 1, 2.0), Point("pool", 2, missing="failed"))


def test_a_speedup_is_over_serial_or_over_the_fewest_workers() -> None:
    slow, fast = Point("pool", 1, 3.0), Point("serial", 1, 1.0)
    assert speedup.baseline([slow, fast], "serial") is fast
    assert speedup.baseline([slow], "serial") is None
    assert speedup.baseline([Point("serial", 1, missing="failed"), slow], "serial") is None
    alone = [Point("", 2, 1.0), Point("", 1, 1.5), Point("", 4, 0.5)]
    assert speedup.baseline(alone, "serial") is alone[1]
    # The second of the fewest workers is no substitute: it may be faster already.
    assert speedup.baseline([Point("", 1, missing="failed"), Point("", 2, 1.0)], "serial") is None


def test_why_there_is_no_speedup_is_told() -> None:
    slow = Point("pool", 1, 3.0)
    assert speedup.why_no_baseline([Point("serial", 1, 1.0), slow], "serial") == ""
    assert speedup.why_no_baseline([slow], "serial") == "there is no serial version"
    assert speedup.why_no_baseline([Point("serial", 1, missing="failed"), slow], "serial") == "serial: failed"
    assert speedup.why_no_baseline([Point("", 2, 1.0), Point("", 1, missing="skipped")], "") == "1 worker: skipped"


def test_a_row_has_the_speedup_of_its_point() -> None:
    found = speedup.rows([Point("serial", 1, 1.0), Point("pool", 2, 0.5), Point("pool", 4, missing="failed")], "serial")
    assert [(row.time, row.speedup, row.missing) for row in found] == [
        (1.0, 1.0, ""),
        (0.5, 2.0, ""),
        (None, None, "failed"),
    ]
    assert [row.speedup for row in speedup.rows([Point("pool", 2, 0.5)], "serial")] == [None]


def test_the_best_of_each_strategy_says_how_it_stands_to_the_fastest() -> None:
    points = [
        Point("serial", 1, 1.0, 0.9, 1.1),
        Point("pool", 1, 1.2, 1.1, 1.3),
        Point("pool", 2, 0.5, 0.45, 0.55),
        Point("shared", 2, 0.52, 0.47, 0.57),
        Point("mpi", 1, missing="skipped"),
        Point("mpi", 2, missing="failed"),
    ]
    found = speedup.best_of_each(points, speedup.rows(points, "serial"))
    assert [(one.strategy, one.row and one.row.workers, one.mark, one.missing) for one in found] == [
        ("serial", 1, SLOWER, ""),
        ("pool", 2, FASTEST, ""),
        ("shared", 2, SIMILAR, ""),
        ("mpi", None, SLOWER, "skipped, failed"),
    ]


def test_who_led_leads_on_until_another_is_told_apart_as_faster() -> None:
    old, near, far = (
        Point("pool", 2, 1.0, 0.9, 1.1),
        Point("shared", 2, 0.95, 0.85, 1.05),
        Point("shared", 2, 0.5, 0.45, 0.55),
    )
    assert speedup.leader(None, [old, near]) == "shared"
    assert speedup.leader("pool", [old, near]) == "pool"
    assert speedup.leader("pool", [old, far]) == "shared"
    assert speedup.leader("pool", [Point("pool", 2, missing="failed"), near]) == "shared"
    assert speedup.leader("pool", []) == "pool"


def across(*by_python: list[Point], cpus: int | None = 2) -> list[tuple[str, str, int, float]]:
    named = [(f"3.{number}", points) for number, points in enumerate(by_python, 9)]
    return [(row.python, row.strategy, row.workers, row.relative) for row in speedup.across_pythons(named, cpus)]


def test_pythons_are_compared_at_as_many_workers_as_the_cpus_have_room_for() -> None:
    old = [Point("pool", 1, 2.0), Point("pool", 2, 1.0), Point("pool", 4, 0.5)]
    new = [Point("pool", 1, 1.0), Point("pool", 2, 0.8), Point("pool", 4, 0.1)]
    assert across(old, new) == [("3.9", "pool", 2, 1.0), ("3.10", "pool", 2, 0.8)]
    assert across(old, new, cpus=None) == [("3.9", "pool", 4, 1.0), ("3.10", "pool", 4, 0.2)]
    assert across([Point("pool", 8, 1.0)], [Point("pool", 8, 2.0)]) == [
        ("3.9", "pool", 8, 1.0),
        ("3.10", "pool", 8, 2.0),
    ]


def test_the_oldest_python_that_has_a_time_is_what_others_are_relative_to() -> None:
    gap = [Point("pool", 2, missing="failed")]
    assert across(gap, [Point("pool", 2, 1.0)], [Point("pool", 2, 0.5)]) == [
        ("3.10", "pool", 2, 1.0),
        ("3.11", "pool", 2, 0.5),
    ]
    # Another number of workers is no substitute.
    assert across([Point("pool", 2, 1.0)], [Point("pool", 1, 1.0)]) == [("3.9", "pool", 2, 1.0)]
    assert across(gap, []) == []


def labels(*environments_: Environment) -> list[str]:
    return list(environments.labelled(environments_))


def test_environments_are_sorted_by_the_age_of_their_python() -> None:
    pythons = ["3.14", "3.9", "3.13t", "3.10", "3.13", "pypy3.10"]
    assert labels(*(Environment(name, name, {}) for name in pythons)) == [
        "3.9",
        "3.10",
        "pypy3.10",
        "3.13",
        "3.13t",
        "3.14",
    ]


def test_environments_of_one_python_are_labelled_with_what_differs() -> None:
    one, two = ({"numpy": version, "scipy": "1.15"} for version in ("2.2", "2.3"))
    assert labels(Environment("b", "3.13", two), Environment("a", "3.13", one)) == [
        "3.13, numpy 2.2",
        "3.13, numpy 2.3",
    ]
    assert labels(Environment("a", "3.13", one), Environment("b", "3.13", one)) == ["3.13", "3.13 (2)"]


def test_what_was_recorded_of_pythons_and_differs_is_found() -> None:
    recorded = {"3.9": {"pgo": "0", "gil": "1"}, "3.10": {"pgo": "1", "gil": "1"}, "3.11": {}, "3.12": {"gil": "1"}}
    assert environments.differences(recorded) == {"pgo": {"3.9": "0", "3.10": "1", "3.12": "not recorded"}}
