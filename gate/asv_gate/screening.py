"""Screening: a few pairs of every benchmark, then of those that look most unlike 0, and who is confirmed of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from asv_gate import noise, signedrank
from asv_gate.errors import GateError
from asv_gate.meter import Meter
from asv_gate.sequential import least_pairs
from asv_gate.settings import Settings

LEAST, MOST = 2, 10  # rounds: of one pair nobody could tell its noise
SHARE = 0.6  # of the budget
KEPT_LEAST = 8
CANDIDATE_Z = 1.5
COST_WEIGHT = 0.5  # between asking for all benchmarks alike (0), and for as many as possible (1)
CLEAR_LEVEL = 0.05  # the chance that any benchmark is so clear by chance


@dataclass
class Screened:
    """What screening has measured.

    Attributes
    ----------
    d
        ln(head / base) of (benchmarks, rounds); NaN where there is none.
    everyone
        The benchmarks that were in each of the `untouched` first rounds, which no selection by d has narrowed.
    last
        The benchmarks that were in the last round.
    cuts
        After so many rounds, the least score of who was kept.
    given_up
        Those that the budget turned out not to reach, once they had a pair: nothing was found out of these.

    """

    d: np.ndarray
    everyone: np.ndarray
    last: np.ndarray
    untouched: int = 0
    rounds: int = 0
    cuts: list[tuple[int, float]] = field(default_factory=list)
    given_up: frozenset[int] = frozenset()

    def pairs(self, chosen: np.ndarray) -> np.ndarray:
        """The pairs that all of them have."""
        d = self.d[chosen]
        return np.asarray(d[:, ~np.isnan(d).any(axis=0)])

    def z(self, chosen: np.ndarray) -> np.ndarray:
        """The estimate over its standard error, of all pairs so far."""
        if not len(chosen):
            return np.empty(0)
        d = self.pairs(chosen)
        scale = np.maximum(noise.scales(self.d)[chosen], noise.SMALLEST)
        return np.asarray(signedrank.estimate(d) / scale * math.sqrt(d.shape[1]))


def reachable(meter: Meter, settings: Settings, rounds: int, among: np.ndarray) -> np.ndarray:
    """Those that the budget can screen in so many rounds, and then confirm one of: all, or the cheap ones."""
    order = among[np.argsort(meter.costs[among], kind="stable")]
    costs = meter.costs[order]
    needed = rounds * np.cumsum(costs) + least_pairs(1, settings.alpha_each) * costs
    return np.asarray(np.sort(order[meter.clock + needed <= settings.budget]))


def screen(meter: Meter, settings: Settings, drop: Callable[[np.ndarray, str], None]) -> Screened:
    """Rounds of pairs, for fewer and fewer.

    Parameters
    ----------
    drop
        Told of benchmarks that the budget does not reach, and why.

    Raises
    ------
    GateError
        Before anything is measured, where the budget is too small for any benchmark.

    """
    all_of_them = np.arange(len(meter.costs))
    chosen = reachable(meter, settings, LEAST, all_of_them)
    if not len(chosen):
        pairs = LEAST + least_pairs(1, settings.alpha_each)
        raise GateError(
            f"a budget of {settings.budget:.0f} s is too small for any benchmark: "
            f"{pairs} pairs of the quickest take about {pairs * meter.costs.min():.0f} s"
        )
    drop(np.setdiff1d(all_of_them, chosen), "the budget does not reach it")
    out = Screened(np.full((len(meter.costs), MOST), np.nan), chosen, chosen)
    for rounds in range(MOST):
        if rounds == 1:  # what pairs take is known now
            still = reachable(meter, settings, LEAST - 1, chosen)
            left_out = np.setdiff1d(chosen, still)
            drop(left_out, "the budget does not reach it: its pairs take longer than expected")
            out.given_up = frozenset(map(int, left_out))
            chosen = out.everyone = still
        left = SHARE * settings.budget - meter.clock
        if rounds >= LEAST or (rounds and meter.costs[chosen].sum() > left):
            chosen = keep(meter, out, chosen, left)
        if rounds >= LEAST and meter.costs[chosen].sum() > left:
            break
        if not len(chosen):
            break
        out.d[chosen, rounds] = meter.round(chosen)
        chosen = chosen[meter.alive[chosen]]
        out.rounds += 1
        if not out.cuts:
            out.untouched, out.everyone = out.rounds, chosen
    out.last = chosen
    return out


def keep(meter: Meter, out: Screened, chosen: np.ndarray, left: float) -> np.ndarray:
    """Those of the best scores: such a share in each round that the time left suffices for all rounds."""
    all_cost = meter.costs[chosen].sum()
    share = affordable_share(left / all_cost, MOST - out.rounds) if len(chosen) else 1.0
    if share >= 1:
        return chosen
    scored = score(out.z(chosen), meter.costs[chosen])
    order = np.argsort(-scored, kind="stable")
    costs = np.cumsum(meter.costs[chosen[order]])
    kept = (costs <= share * all_cost) | (np.arange(len(order)) < KEPT_LEAST)
    if kept.all():
        return chosen
    out.cuts.append((out.rounds, float(scored[order[kept]].min())))
    return np.asarray(np.sort(chosen[order[kept]]))


def score(z: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """How likely a benchmark has changed for what a pair of it takes, as a logarithm."""
    return np.asarray(z**2 / 2 - COST_WEIGHT * np.log(costs))


def least_z(score: float, cost: float) -> float:
    """The |z| from which a benchmark has that score."""
    return math.sqrt(max(0.0, 2 * (score + COST_WEIGHT * math.log(cost))))


def affordable_share(rounds_paid: float, rounds: int) -> float:
    """The share s at most 1 with s + s^2 + ... of so many rounds equal to the rounds of all that are paid for."""
    if not 0 < rounds_paid < rounds:
        return float(rounds_paid >= rounds)
    return signedrank.smallest_true(
        lambda s: sum(s**k for k in range(1, rounds + 1)) >= rounds_paid, 0.0, 1.0, steps=50
    )


@dataclass(frozen=True)
class Candidates:
    """Who is confirmed.

    Attributes
    ----------
    signs
        By benchmark, the sign of the change that it seems to have.
    clear
        Those of them that stand out more than any of so many benchmarks would by chance.
    unreached
        The signs of those that are as clear, and that the budget cannot confirm.

    """

    signs: dict[int, int]
    clear: frozenset[int]
    unreached: dict[int, int]


def candidates(meter: Meter, settings: Settings, out: Screened, drop: Callable[[np.ndarray, str], None]) -> Candidates:
    """Those that stand out and that the budget can confirm, the best scores first.

    Those that are clear may count on what the budget can grow to.
    """
    last, z = out.last, out.z(out.last)
    clear = np.abs(z) >= -NormalDist().inv_cdf(CLEAR_LEVEL / 2 / max(1, len(out.everyone)))
    order = [i for i in np.argsort(-score(z, meter.costs[last]), kind="stable") if abs(z[i]) >= CANDIDATE_Z]
    taken: list[int] = []
    for i in order:
        cost = meter.costs[last[[*taken, i]]].sum()
        until = settings.limit if clear[i] else settings.budget
        if meter.clock + least_pairs(len(taken) + 1, settings.alpha_each) * cost <= until:
            taken.append(i)
    rest = [i for i in order if i not in taken]
    drop(last[rest], "stands out, but the budget does not reach its confirmation")
    signs = {int(i): int(sign) for i, sign in zip(last, np.sign(z), strict=True)}
    return Candidates(
        {int(last[i]): signs[int(last[i])] for i in sorted(taken)},
        frozenset(int(i) for i in last[clear]),
        {int(last[i]): signs[int(last[i])] for i in rest if clear[i]},
    )
