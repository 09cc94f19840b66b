"""What a run could detect: for each benchmark the smallest slowdown that it finds nine times in ten.

The procedure is simulated again, with the run's own limits and with noise drawn from the run's own
residuals, scaled to the benchmark's noise. A shift of all values shifts every estimate by as much,
so each simulated run is a few numbers, and a benchmark a comparison of them.
"""

import math
from dataclasses import dataclass

import numpy as np

from asv_gate import noise, screening, sequential, signedrank
from asv_gate.confirming import FUTILE_LEAST, LAYOUT_LEVEL
from asv_gate.decide import Decision, Verdict

RUNS = 1000
CHANCE = 0.9
FUTILE = range(FUTILE_LEAST, 40, 4)  # pairs after which it is simulated whether to go on is futile: more bring little
LARGEST = math.log(8.0)  # beyond which nobody needs a gate


@dataclass(frozen=True)
class _Simulated:
    """Runs with noise of standard deviation 1, without any change: a few numbers each."""

    screened: np.ndarray  # the estimates after each cut's pairs, and at the end of screening: runs x (cuts + 1)
    confirmed: np.ndarray  # the shift beyond the threshold above which confirmation rejects


def smallest_slowdowns(decision: Decision, seed: int = 0) -> np.ndarray:
    """By benchmark, as a fraction: 0.03 is 3 %. Infinite for one that was not measured, or could not be confirmed."""
    settings = decision.settings
    slowdowns = np.full(len(decision.verdicts), np.inf)
    samples = {i: row[~np.isnan(row)] for i, row in enumerate(decision.screened)} | decision.confirmed
    noises = noise.residuals(samples.values(), [float(decision.scales[i]) for i in samples])
    simulated: dict[tuple[int, int], _Simulated] = {}
    roots = np.sqrt(_after(decision))
    for i, verdict in enumerate(decision.verdicts):
        if verdict is Verdict.FAILED:
            continue
        pairs, family = confirmation(decision, i)
        if pairs < sequential.least_pairs(family, settings.alpha_each):
            continue
        if (pairs, family) not in simulated:
            simulated[pairs, family] = _simulate(decision, noises, pairs, family, np.random.default_rng(seed))
        runs = simulated[pairs, family]
        scale = max(float(decision.scales[i]), noise.SMALLEST)
        margin = float(decision.margins[i])
        kept_from = np.array([screening.least_z(score, decision.costs[i]) for _, score in decision.screening.cuts])

        def found(
            change: float,
            runs: _Simulated = runs,
            scale: float = scale,
            margin: float = margin,
            kept_from: np.ndarray = kept_from,
        ) -> bool:
            z = (runs.screened + change / scale) * roots
            kept = np.all(np.abs(z[:, :-1]) >= kept_from, axis=1)
            proved = (change - margin) / scale > runs.confirmed
            return float(np.mean(kept & (z[:, -1] >= screening.CANDIDATE_Z) & proved)) >= CHANCE

        slowdowns[i] = math.expm1(signedrank.smallest_true(found, margin, LARGEST))
    return slowdowns


def _after(decision: Decision) -> list[int]:
    """After how many pairs screening chose: at its cuts, and at its end."""
    return [*(pairs for pairs, _ in decision.screening.cuts), decision.screening.rounds]


def confirmation(decision: Decision, i: int) -> tuple[int, int]:
    """With how many pairs it would have been confirmed had it been slower, and among how many candidates."""
    others = {j: len(d) for j, d in decision.confirmed.items() if j != i}
    spent = sum(pairs * decision.costs[j] for j, pairs in others.items())
    left = decision.settings.limit - decision.confirming_from - spent
    family = 1 + sum(sign > 0 for j, sign in decision.candidates.signs.items() if j != i)
    pairs = min(int(left / decision.costs[i]), decision.settings.confirming_most)
    # A few pairs more than an interim test has bring little, and would ask for a simulation of their own.
    schedule = sequential.schedule(family, decision.settings.alpha_each).pairs
    return max((after for after in schedule if after <= pairs), default=pairs), family


def _simulate(decision: Decision, noises: np.ndarray, pairs: int, family: int, rng: np.random.Generator) -> _Simulated:
    screened = rng.choice(noises, (RUNS, decision.screening.rounds))
    confirmed = rng.choice(noises, (RUNS, pairs))
    alpha = decision.settings.alpha_each
    schedule = sequential.schedule(family, alpha).until(pairs)
    passing = {some: -signedrank.estimate(confirmed[:, :some]) for some in FUTILE if some < pairs}
    proved = [
        np.maximum.reduce(
            [
                *(_needed(d, LAYOUT_LEVEL) for d in (confirmed[:, :after:2], confirmed[:, 1:after:2])),
                _needed(confirmed[:, :after], alpha / family * weight),
                *(needed for some, needed in passing.items() if some < after),
            ]
        )
        for after, weight in zip(schedule.pairs, schedule.weights, strict=True)
    ]
    estimates = [signedrank.estimate(screened[:, :some]) for some in _after(decision)]
    return _Simulated(np.stack(estimates, axis=-1), np.minimum.reduce(proved))


def _needed(d: np.ndarray, level: float) -> np.ndarray:
    """By row, the shift above which the test at this level rejects; infinite where no shift does."""
    rank_sum = signedrank.critical_value(d.shape[-1], level)
    if rank_sum is None:
        return np.full(len(d), np.inf)
    averages = signedrank.walsh_averages(d)
    place = averages.shape[-1] - rank_sum
    return np.asarray(-np.partition(averages, place, axis=-1)[:, place])
