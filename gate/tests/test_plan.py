"""What ``asv-gate plan`` says: its budgets find what they are said to, by gates that are decided with them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from commands import asv_gate

from asv_gate.forecast import SLOWDOWNS, Forecast, forecast
from asv_gate.plan import ASSUMED_NOISE
from asv_gate.report.planned import argument
from asv_gate.settings import Settings
from asv_gate.simulated import Asked, Costs, found, normal

GATES = 30


def asked(costs: np.ndarray, budget: float) -> Asked:
    return Asked(normal, Costs(costs, costs, budget), GATES, Settings())


def made(costs: list[float], noise: float = ASSUMED_NOISE, settings: Settings | None = None) -> Forecast:
    return forecast(costs, [noise] * len(costs), [0.01] * len(costs), settings or Settings())


@pytest.mark.parametrize(
    ("costs", "part"), [([1.0] * 12, 1 / 2), ([0.5] * 10 + [5.0, 5.0], 1 / 5)], ids=["alike", "two are dear"]
)
def test_a_budget_that_is_said_to_find_a_slowdown_does_and_a_part_of_it_does_so_less_often(
    costs: list[float], part: float
) -> None:
    needed = made(costs).needed(0.05).max()
    enough, less = (found(asked(np.array(costs), budget), 0.05).rate for budget in (needed, part * needed))
    assert enough >= 0.8
    assert less < enough


def test_a_budget_of_a_run_is_asked_as_it_is() -> None:
    settings = Settings(budget=77.0)
    said = made([1.0] * 12, settings=settings)
    assert 77.0 in said.budgets
    smallest = float(said.of(77.0).max())
    slower = [found(asked(np.ones(12), 77.0), slowdown).rate for slowdown in (smallest, smallest / 3)]
    assert slower[0] >= 0.8 > slower[1]


def test_a_larger_slowdown_needs_no_more_and_more_noise_or_dearer_pairs_need_more() -> None:
    usual = made([1.0] * 4)
    five, ten = (usual.needed(slowdown).max() for slowdown in SLOWDOWNS)
    assert ten <= five < math.inf
    assert made([1.0] * 4, noise=2 * ASSUMED_NOISE).needed(0.10).max() > ten
    assert made([4.0] * 4).needed(0.05).max() > five


def test_what_no_budget_finds_is_said_so_and_the_ladder_ends() -> None:
    said = made([1.0], noise=1.0)
    assert np.isinf(said.needed(0.10)).all()
    assert max(said.budgets) < 24 * 3600


def test_seconds_that_are_for_something_else_are_added() -> None:
    without = forecast([1.0] * 4, [0.02] * 4, [0.01] * 4, Settings())
    with_others = forecast([1.0] * 4, [0.02] * 4, [0.01] * 4, Settings(), spent=600.0)
    assert with_others.needed(0.05).min() > 600 > without.needed(0.05).max()


def test_a_threshold_of_its_own_counts() -> None:
    said = forecast([1.0] * 2, [0.02] * 2, [0.01, 0.2], Settings())
    needed = said.needed(0.10)
    assert needed[0] < math.inf == needed[1]


@pytest.mark.parametrize(
    ("seconds", "words"), [(20, "20s"), (90, "90s"), (600, "10m"), (5400, "1.5h"), (77.5, "77.5s")]
)
def test_budgets_are_written_as_the_command_line_takes_them(seconds: float, words: str) -> None:
    assert argument(seconds) == words


BENCHMARKS = "time_work|Numbers.track|everywhere|'b'"  # without peakmem, which may be too noisy for a threshold


def test_a_plan_of_one_commit_has_the_costs_of_a_dry_run_and_what_follows_from_them(thing: Path) -> None:
    done = asv_gate(thing, "plan", "--bench", BENCHMARKS, "--json", "--budget", "90s")
    assert done.status == 0, done.said
    said = json.loads(done.output)
    assert said["base"] == said["head"]
    (timing,) = said["benchmarks"]
    assert timing["name"] == "suite.time_work"
    assert timing["noise"] == said["noise"]["assumed"] == ASSUMED_NOISE
    direct = made([timing["seconds"]], settings=Settings(budget=90.0))
    spent = sum(each["seconds"] * (each["pairs"] - 1) for each in said["metrics"])
    assert 0 < spent < 90
    assert timing["detectable"] == pytest.approx(direct.of(90.0)[0], abs=0.01)
    assert set(said["budgets"]) == {"5%", "10%"}
    assert said["budgets"]["10%"] <= said["budgets"]["5%"]
    metrics = {each["name"]: each["pairs"] for each in said["metrics"]}
    assert metrics["suite.Numbers.track_count"] == 2
    assert said["unmeasured"] == {"suite.track_fails_everywhere": "fails in both: RuntimeError: as ever"}
    assert said["skipped"] == 1
    assert not list((thing / ".asv-gate").glob("scratch-*"))


def test_a_plan_with_pairs_measures_noise_and_costs_on_two_commits(thing: Path) -> None:
    done = asv_gate(thing, "plan", "base", "same", "--bench", "Tracked|time_work", "--pairs", "3")
    assert done.status == 0, done.said
    assert "The noise of a pair was measured in 3 pairs of each" in done.output
    assert "assumed" not in done.output
    assert "suite.Tracked.track_steady" in done.output
    assert "A pair of each of 3 benchmarks takes about" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--bench", "everywhere"), "nothing can be compared: suite.track_fails_everywhere: fails in both"),
        (("--bench", "nothing_like_it"), "no benchmark"),
        (("--pairs", "1"), "must be an integer of at least 2"),
        (("-E", "all"), "a plan is of one environment"),
        (("nowhere",), "there is no commit 'nowhere'"),
    ],
)
def test_what_cannot_be_planned_is_an_error_in_a_line(thing: Path, arguments: tuple[str, ...], said: str) -> None:
    done = asv_gate(thing, "plan", *arguments)
    assert done.status == 2, done.said
    assert said in done.errors
    assert "Traceback" not in done.said


def test_a_plan_of_metrics_alone_asks_for_no_budget_of_pairs(thing: Path) -> None:
    done = asv_gate(thing, "plan", "--bench", "track_count")
    assert done.status == 0, done.said
    assert "By a threshold: suite.Numbers.track_count" in done.output
    assert "nan" not in done.output
    assert "--budget" not in done.output
