"""The statistics of a history: intervals that hold, and pairs that go where they are needed."""

import math

import numpy as np
import pytest
from scipy import stats

from asv_gate.history.estimate import USUAL_PAIRS, Usual, estimates
from asv_gate.history.spending import (
    LEAST,
    LEAST_USUAL,
    MOST,
    SAMPLES,
    PairTaken,
    Spent,
    Turns,
    expected,
    fitting,
    forecast,
    spend,
)
from asv_gate.history.usual import noise_of


def heavy(rng: np.random.Generator, size: int) -> np.ndarray:
    """Noise with bursts: one pair in ten is five times as far off."""
    return rng.normal(size=size) * np.where(rng.random(size) < 0.1, 5, 1)


@pytest.mark.parametrize("pairs", [3, 5, 12])
@pytest.mark.parametrize("noise", ["normal", "heavy"])
def test_intervals_hold_the_truth_as_often_as_they_say(pairs: int, noise: str) -> None:
    rng = np.random.default_rng([pairs, len(noise)])
    held = total = 0
    for _ in range(40):
        scales = 0.02 * np.exp(rng.normal(0, 0.7, 40))
        draw = heavy if noise == "heavy" else lambda rng, size: rng.normal(size=size)
        found = estimates({str(i): scale * draw(rng, pairs) for i, scale in enumerate(scales)})
        held += sum(abs(each.d) <= each.half() for each in found.values())
        total += len(found)
    assert stats.binomtest(held, total, 0.93, alternative="less").pvalue > 0.001, held / total


@pytest.mark.parametrize("pairs", [2, 3, 8])
@pytest.mark.parametrize("hour", [0.5, 1.0, 3.0])
def test_with_what_is_usual_intervals_of_two_pairs_hold_the_truth_too(pairs: int, hour: float) -> None:
    """Benchmarks differ much in their noise, and each a little from build to build; an hour changes that of all."""
    rng = np.random.default_rng([7, pairs, int(hour * 2)])
    held = total = 0
    for _ in range(40):
        scales = 0.02 * np.exp(rng.normal(0, 0.9, 40))
        usual = {}
        for i, scale in enumerate(scales):
            builds = scale * np.exp(rng.normal(0, 0.35, (6, 1))) * rng.normal(size=(6, 3))
            lengths = np.subtract(*np.quantile(builds, (0.75, 0.25), axis=1))
            usual[str(i)] = Usual(float(np.mean([noise_of(length, 3) for length in lengths])), 6)
        now = hour * scales * np.exp(rng.normal(0, 0.35, 40))
        found = estimates({str(i): scale * rng.normal(size=pairs) for i, scale in enumerate(now)}, usual)
        held += sum(abs(each.d) <= each.half() for each in found.values())
        total += len(found)
    assert stats.binomtest(held, total, 0.93, alternative="less").pvalue > 0.001, held / total


def test_two_pairs_that_agree_by_chance_are_not_taken_for_precise_where_the_usual_noise_says_otherwise() -> None:
    """Also where there is no other benchmark that tells of the hour."""
    usual = {"a": Usual(0.05, 3)}
    agree = {"a": [0.1, 0.1001]}
    assert estimates(agree)["a"].half() < 0.001
    assert estimates(agree, usual)["a"].half() > 0.05


def test_what_is_known_of_few_builds_weighs_as_many_pairs() -> None:
    pairs = {"few": [0.0, 0.1], "many": [0.0, 0.1], "none": [0.0, 0.1]}
    found = estimates(pairs, {"few": Usual(0.01, 3), "many": Usual(0.01, 30)})
    assert [found[name].freedom for name in pairs] == [4, USUAL_PAIRS + 1, 3]
    assert found["many"].error < found["few"].error < found["none"].error


def test_lengths_between_quartiles_tell_the_noise() -> None:
    rng = np.random.default_rng(8)
    for pairs in (2, 3, 4, 7, 40):
        low, high = np.quantile(rng.normal(0, 0.03, (4000, pairs)), (0.25, 0.75), axis=1)
        assert np.mean([noise_of(length, pairs) for length in high - low]) == pytest.approx(0.03, rel=0.06)


@pytest.mark.parametrize("pairs", [3, 4, 5, 8])
def test_what_has_two_modes_is_not_taken_for_precise(pairs: int) -> None:
    """A process is in one of two modes, at random: two of three pairs that agree by chance say nothing of a third."""
    rng = np.random.default_rng(pairs)
    far = total = 0
    for _ in range(60):
        scales = 0.02 * np.exp(rng.normal(0, 0.7, 40))
        d = scales[:, None] * rng.normal(size=(40, pairs))
        modes = rng.random((2, 10, pairs)) < 0.5
        d[:10] = d[:10] / 5 + 0.1 * modes[0] - 0.1 * modes[1]
        found = estimates({str(i): each for i, each in enumerate(d)})
        far += sum(abs(found[str(i)].d) > found[str(i)].half(0.9999) for i in range(10))
        total += 10
    assert far <= 0.005 * total


def test_each_side_goes_first_in_every_other_pair_of_a_benchmark_and_a_coin_says_which_begins() -> None:
    turns = Turns()
    names = [f"suite.time_{i}" for i in range(200)]
    orders: dict[str, list[bool]] = {name: [] for name in names}
    for number in range(8):
        for name in names if number % 2 else names[::-1]:  # pairs of others come between, and in any order
            orders[name].append(turns.base_first(name))
    for order in orders.values():
        assert [not each for each in order[::2]] == order[1::2]
    assert 70 < sum(order[0] for order in orders.values()) < 130
    assert len({tuple(order) for order in orders.values()}) == 16


def test_one_pair_is_no_estimate() -> None:
    assert estimates({"a": [0.1], "b": []}) == {}


def noisy(scales: dict[str, float], asked: list[tuple[int, str]]) -> object:
    def take(number: int, name: str) -> PairTaken:
        asked.append((number, name))
        value = np.random.default_rng([number, *name.encode()]).normal() * scales[name]
        return PairTaken(float(value), 1.0)

    return take


def test_pairs_go_to_the_noisy() -> None:
    asked: list[tuple[int, str]] = []
    scales = {"quiet": 0.001, "noisy": 0.05, **{f"other{i}": 0.002 for i in range(6)}}
    spent = spend(list(scales), noisy(scales, asked), precision=0.02, budget=500, seed=1)  # type: ignore[arg-type]
    assert len(spent.pairs["noisy"]) > 4 * len(spent.pairs["quiet"])
    assert max(map(len, spent.pairs.values())) <= MOST
    assert spent.estimates()["quiet"].half() < math.log1p(0.02)


def test_what_is_usually_quiet_has_two_pairs_and_the_rest_goes_to_the_noisy() -> None:
    scales = {"noisy": 0.1, **{f"quiet{i}": 0.004 for i in range(6)}, "new": 0.004}
    usual = {name: Usual(scale, 8) for name, scale in scales.items() if name != "new"}
    asked: list[tuple[int, str]] = []
    take = noisy(scales, asked)
    spent = spend(list(scales), take, precision=0.02, budget=30, seed=1, usual=usual)  # type: ignore[arg-type]
    assert [len(spent.pairs[name]) for name in scales if name.startswith("quiet")] == [LEAST_USUAL] * 6
    assert len(spent.pairs["new"]) == LEAST
    assert len(spent.pairs["noisy"]) == 30 - 6 * LEAST_USUAL - LEAST
    short = spend(list(scales), noisy(scales, []), precision=0.02, budget=2, seed=1, usual=usual)  # type: ignore[arg-type]
    assert [len(d) for d in short.pairs.values()] == [LEAST_USUAL] * 7 + [LEAST]


def test_what_nothing_makes_precise_leaves_pairs_to_the_others() -> None:
    """As many as its noise is larger, where equal intervals would take the square of that."""
    scales = {**{f"hopeless{i}": 0.5 for i in range(3)}, **{f"other{i}": 0.1 for i in range(9)}}
    spent = spend(list(scales), noisy(scales, []), precision=0.001, budget=200, seed=1)  # type: ignore[arg-type]
    hopeless, others = (
        float(np.mean([len(d) for name, d in spent.pairs.items() if name.startswith(kind)]))
        for kind in ("hopeless", "other")
    )
    assert 4 < hopeless / others < 7


def test_the_budget_ends_it_but_not_before_the_fewest_pairs() -> None:
    asked: list[tuple[int, str]] = []
    scales = {f"b{i}": 0.5 for i in range(5)}
    spent = spend(list(scales), noisy(scales, asked), precision=0.001, budget=20, seed=1)  # type: ignore[arg-type]
    assert len(asked) == 20
    assert min(map(len, spent.pairs.values())) >= LEAST
    short = spend(list(scales), noisy(scales, []), precision=0.001, budget=2, seed=1)  # type: ignore[arg-type]
    assert [len(d) for d in short.pairs.values()] == [LEAST] * 5


def test_what_the_reference_took_is_kept_of_the_pairs_that_have_it() -> None:
    def take(number: int, name: str) -> PairTaken:
        return PairTaken(0.0, 1.0, base=None if name == "infinite" else 2.0 + 0.02 * (number - 1))

    spent = spend(["a", "infinite"], take, precision=0.5, budget=1, seed=1)
    ((name, (seconds, half)),) = spent.alongside().items()
    assert name == "a"
    assert seconds == pytest.approx(2.0, rel=1e-3)
    assert 0.005 < half < 0.05


def test_what_fails_is_not_tried_again_and_the_rest_goes_on() -> None:
    def take(number: int, name: str) -> PairTaken:
        return PairTaken(None, 1.0, "fails in head") if name == "bad" else PairTaken(0.0, 1.0)

    spent: Spent = spend(["bad", "good"], take, precision=0.01, budget=100, seed=1)
    assert spent.failed == {"bad": "fails in head"}
    assert len(spent.pairs["good"]) >= LEAST
    assert set(spent.estimates()) == {"good"}


def test_the_same_run_asks_for_the_same_pairs() -> None:
    scales = {"a": 0.02, "b": 0.03, "c": 0.01}
    first: list[tuple[int, str]] = []
    second: list[tuple[int, str]] = []
    for asked in (first, second):
        spend(list(scales), noisy(scales, asked), precision=0.01, budget=40, seed=5)  # type: ignore[arg-type]
    assert first == second


def test_what_takes_longer_than_the_budget_is_said_beforehand() -> None:
    def of(cost: float, benchmarks: int) -> dict[str, float]:
        return dict.fromkeys(map(str, range(benchmarks)), cost)

    assert forecast(of(2.0, 10), 270.0) == (270.0, "up to 4 min 30 s")
    assert forecast(of(1.5, 70), 270.0) == (270.0, "up to 4 min 30 s")
    assert forecast({}, 270.0) == (270.0, "up to 4 min 30 s")
    seconds, words = forecast(of(2.0, 65), 270.0)
    assert seconds == LEAST * 97.5
    longer = "the fewest pairs of each, short ones, take longer than the budget of"
    assert words == f"about 4 min 52 s: {longer} 4 min 30 s"
    usual = {name: Usual(0.01, 8) for name in of(2.0, 60)}
    assert forecast(of(2.0, 65), 270.0, usual) == (270.0, "up to 4 min 30 s")
    assert forecast(of(2.0, 65), 190.0, usual) == (60 * 3 + 5 * 4.5, f"about 3 min 22 s: {longer} 3 min 10 s")


@pytest.mark.parametrize(("cost", "seconds"), [(1.2, 1.0), (1.5, 0.75), (2.5, 0.5)])
def test_pairs_are_shorter_where_the_fewest_do_not_fit_into_the_budget(cost: float, seconds: float) -> None:
    costs = [cost] * 10
    fewest, most, longest = fitting(costs, LEAST * 12.5)
    assert (fewest, most) == SAMPLES[:2]
    assert longest == pytest.approx(seconds)


def test_pairs_that_take_longer_than_expected_make_the_estimate_longer() -> None:
    assert expected(Spent({"a": [], "b": []}), 10.0) == 10.0
    assert expected(Spent({"a": [0.0], "b": []}, seconds=4.0), 10.0) == 24.0
    assert expected(Spent({"a": [0.0], "b": []}, {"b": "it fails"}, seconds=1.0), 10.0) == 10.0
    assert expected(Spent({"a": [0.0] * 5, "b": [0.0] * 3}, seconds=24.0), 10.0) == 24.0
    usual = {"a": Usual(0.01, 8)}
    assert expected(Spent({"a": [0.0], "b": []}, seconds=4.0, usual=usual), 10.0) == 4.0 * (LEAST_USUAL + LEAST)
