"""How compare samples, and what it concludes."""

import csv
import io
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from kernels.commands.files import atomic_write, require_writable
from kernels.comparing import comparison, measurement, tabular
from kernels.comparing.comparison import as_factor
from kernels.comparing.plan import WARM_UP_ROUNDS, Configuration, plan
from kernels.comparing.verdict import judge
from kernels.machine import cpus
from kernels.team import Team

SERIAL = Configuration("serial", None)
POOL = Configuration("pool", 2)
SHARED = Configuration("shared", 2)

rounds_of_noise = st.lists(st.floats(1.0, 1.05), min_size=8, max_size=30)
pairs_of_noise = st.lists(st.tuples(st.floats(1.0, 1.5), st.floats(1.0, 1.5)), min_size=4, max_size=15)


@pytest.mark.parametrize(("usable", "expected"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_workers_are_by_default_powers_of_two_up_to_the_usable_cpus(
    usable: int, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpus, "usable", lambda: usable)
    planned = plan("polynomial", ["threaded"], size=10)
    assert [configuration.workers for configuration in planned.configurations] == [None, *expected]


def test_each_round_runs_every_team_once_in_an_order_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, int]] = []
    run = Team.run
    monkeypatch.setattr(Team, "run", lambda team: (ran.append((team.strategy, team.workers)), run(team))[1])
    planned = plan("polynomial", ["threaded"], range(1, 6), size=10, rounds=8, seed=7)
    told: list[tuple[int, int]] = []
    measurement.compare(planned, lambda done, total: told.append((done, total)))
    count = len(planned.configurations)
    rounds = [ran[start : start + count] for start in range(0, len(ran), count)]
    assert len(rounds) == measurement.COLD_SAMPLES + WARM_UP_ROUNDS + 8
    assert all(set(each) == set(rounds[0]) and len(each) == count for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1
    assert told == [(done, len(ran)) for done in range(1, len(ran) + 1)]
    first = ran.copy()
    ran.clear()
    measurement.compare(planned)
    assert ran == first


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, measurement.FEWEST_ROUNDS), (1e9, measurement.MOST_ROUNDS)])
def test_rounds_are_by_default_as_many_as_fit(seconds: float, expected: int) -> None:
    assert measurement.compare(plan("polynomial", ["serial"], size=10, max_seconds=seconds)).rounds == expected


def test_there_may_be_no_rounds_before(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    run = Team.run
    monkeypatch.setattr(Team, "run", lambda team: (ran.append(team.strategy), run(team))[1])
    assert measurement.compare(plan("polynomial", ["serial"], size=10, warmup=0, rounds=2)).rounds == 2
    assert len(ran) == measurement.COLD_SAMPLES + 2


@pytest.mark.parametrize(
    ("times", "half_range", "disturbed"),
    [([1.0], 0.0, 0), ([1.0, 2.0, 3.0], 0.5, 0), ([1.0, 1.1, 0.9, 1.05, 0.95, 9.0], 0.0625, 1), ([1.0] * 8, 0.0, 0)],
)
def test_the_spread_and_the_outliers(times: list[float], half_range: float, disturbed: int) -> None:
    assert comparison.spread(times) == pytest.approx(half_range)
    assert comparison.outliers(times) == disturbed


def test_outliers_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measurement.compare(plan("polynomial", ["serial"], size=10, rounds=3))
    monkeypatch.setattr(comparison, "outliers", lambda times: 0)
    assert "warning" not in tabular.text(found)
    monkeypatch.setattr(comparison, "outliers", lambda times: 1)
    assert "outliers, which something else that ran may explain: serial, 1 of 3 runs" in tabular.text(found)


def test_the_table_in_other_formats() -> None:
    found = measurement.compare(plan("polynomial", ["threaded"], [1], size=10, rounds=3))
    rows = list(csv.DictReader(io.StringIO(tabular.csv_table(found))))
    assert [row["strategy"] for row in rows] == ["serial", "threaded"]
    assert float(rows[1]["best"]) == found.samples[1].best
    assert tabular.markdown_table(found).count("\n| ") == 3
    assert tabular.html_table(found).count("<tr>") == 3
    assert tabular.BOLD in tabular.text(found, colour=True)
    assert tabular.BOLD not in tabular.text(found)


def test_teams_that_are_open_together_keep_their_data_apart() -> None:
    planned = plan("parzen", ["threaded", "pool", "shared"], [1, 2, 3], size=20, rounds=2)
    assert measurement.compare(planned).rounds == 2  # each answer was checked on the way


@pytest.mark.parametrize(
    ("factor", "text"), [(1, "1.00"), (25.678, "25.68"), (0.5, "0.50"), (0.0141, "0.014"), (0.00026, "0.00026")]
)
def test_a_small_factor_keeps_two_digits(factor: float, text: str) -> None:
    assert as_factor(factor) == text


@given(rounds_of_noise, st.floats(1.2, 40.0))
def test_a_clear_winner_is_named(noise: list[float], times: float) -> None:
    reverse = noise[::-1]
    verdict = judge({SERIAL: [100 * x for x in noise], POOL: [times * x for x in noise], SHARED: reverse})
    assert verdict is not None
    assert verdict.clear
    assert (verdict.winner.configuration, verdict.runner_up.configuration) == (SHARED, POOL)
    assert verdict.low <= verdict.ratio <= verdict.high
    assert verdict.ratio == pytest.approx(times, rel=0.051)
    assert str(verdict).startswith("shared with 2 workers wins: ")


@given(pairs_of_noise)
def test_noise_alone_is_too_close_to_call(pairs: list[tuple[float, float]]) -> None:
    pool = [time for one, other in pairs for time in (one, other)]
    shared = [time for one, other in pairs for time in (other, one)]
    verdict = judge({SERIAL: [2.0] * len(pool), POOL: pool, SHARED: shared})
    assert verdict is not None
    assert not verdict.clear
    assert verdict.low <= 1 <= verdict.high
    assert str(verdict).startswith("too close to call between ")


@given(st.lists(st.tuples(st.floats(1.0, 2.0), st.floats(1.0, 2.0)), min_size=8, max_size=30))
def test_the_verdict_does_not_depend_on_who_is_who(pairs: list[tuple[float, float]]) -> None:
    one, other = map(list, zip(*pairs, strict=True))
    assume(statistics.median(one) != statistics.median(other))
    serial = [3.0] * len(pairs)
    verdict, mirrored = (
        judge({SERIAL: serial, POOL: one, SHARED: other}),
        judge({SERIAL: serial, POOL: other, SHARED: one}),
    )
    assert verdict is not None
    assert mirrored is not None
    assert (verdict.ratio, verdict.low, verdict.high) == (mirrored.ratio, mirrored.low, mirrored.high)
    assert verdict.winner.configuration == mirrored.runner_up.configuration
    assert verdict.runner_up.configuration == mirrored.winner.configuration


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (
            {SERIAL: [2.0] * 8, POOL: [1.03] * 8, SHARED: [1.0] * 8},
            "shared with 2 workers wins: 2.00 times as fast as serial, "
            "and 3.0 % (3.0 to 3.0 %) faster than pool with 2 workers",
        ),
        (
            {SERIAL: [2.0] * 8, SHARED: [1.0] * 8},
            "shared with 2 workers wins: 2.00 times (2.00 to 2.00) as fast as serial",
        ),
        (
            {SERIAL: [1.0] * 8, Configuration("threaded", 1): [1.1] * 8},
            "serial wins, so going parallel does not pay here: "
            "it is 10.0 % (10.0 to 10.0 %) faster than threaded with 1 worker",
        ),
        (
            {SERIAL: [2.0] * 8, POOL: [1.0, 1.1] * 4, SHARED: [1.1, 1.0] * 4},
            "too close to call between pool with 2 workers and shared with 2 workers "
            "(their ratio is between 0.909 and 1.100); they are 2.00 and 2.00 times as fast as serial",
        ),
        (
            {SERIAL: [1.0, 1.1] * 4, SHARED: [1.1, 1.0] * 4},
            "too close to call between serial and shared with 2 workers "
            "(their ratio is between 0.909 and 1.100): no gain from going parallel can be told",
        ),
        ({SERIAL: [1.0] * 8}, "None"),
    ],
)
def test_the_sentence_says_who_wins_and_by_how_much(samples: dict[Configuration, list[float]], sentence: str) -> None:
    assert str(judge(samples)) == sentence


def test_each_strategy_competes_with_the_workers_that_suit_it_best() -> None:
    slower = Configuration("shared", 4)
    verdict = judge({SERIAL: [4.0] * 8, slower: [1.1] * 8, SHARED: [1.0] * 7 + [9.0], POOL: [2.0] * 8})
    assert verdict is not None
    assert (verdict.winner.configuration, verdict.runner_up.configuration) == (SHARED, POOL)


def test_less_than_eight_rounds_prove_nothing() -> None:
    verdict = judge({SERIAL: [9.0] * 7, SHARED: [1.0] * 7})
    assert verdict is not None
    assert not verdict.clear
    assert str(verdict) == (
        "too few rounds to tell: shared with 2 workers was the fastest, but it takes 8 rounds to be sure"
    )


@pytest.mark.parametrize("rounds", [8, 15, 30])
@pytest.mark.parametrize("noise", ["lognormal", "exponential", "bursts"])
def test_of_equals_a_winner_is_named_at_most_once_in_a_hundred_times(rounds: int, noise: str) -> None:
    draw = np.random.default_rng(rounds)
    trials, shape = 2000, (2000, 2, rounds)
    made: dict[str, Callable[[], np.ndarray]] = {
        "lognormal": lambda: draw.lognormal(0, 0.05, shape),
        "exponential": lambda: 1 + draw.exponential(0.02, shape),
        "bursts": lambda: 1 + draw.exponential(0.005, shape) + 0.3 * (draw.random(shape) < 0.1),
    }
    times = made[noise]()
    verdicts = [judge({SERIAL: [9.0] * rounds, POOL: list(one), SHARED: list(other)}) for one, other in times]
    named = sum(verdict is not None and verdict.clear for verdict in verdicts)
    assert stats.binomtest(named, trials, 0.01, alternative="greater").pvalue > 0.001


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(TypeError), atomic_write(path) as draft:
        draft.write_text(None)  # type: ignore[arg-type]
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])
    with atomic_write(path) as draft:
        draft.write_text("new")
    assert (path.read_text(), list(tmp_path.iterdir())) == ("new", [path])
    require_writable(path)
    assert path.read_text() == "new"
