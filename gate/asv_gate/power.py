"""What a run could have seen: for each benchmark the smallest slowdown that it would have found nine times in ten.

The procedure is gone through again in thought, with the run's own limits and with noise drawn from
the run's own residuals, scaled to the benchmark's noise. A shift of all values shifts every
estimate by as much, so each imagined run is three numbers, and a benchmark a comparison of them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from asv_gate import signedrank
from asv_gate.decide import LAYOUT_LEVEL, LETTING_GO, Decision, Verdict, least_pairs

RUNS = 2000
CHANCE = 0.9
LARGEST = math.log(8.0)  # beyond which nobody needs a gate
SMALLEST_NOISE = 1e-6


@dataclass(frozen=True)
class _Imagined:
    """Runs with noise of standard deviation 1, without any change: a number each."""

    screened: np.ndarray  # the estimates after each cut's pairs, and at the end of screening: runs x (cuts + 1)
    confirmed: np.ndarray  # the shift beyond the threshold above which confirmation rejects


def smallest_slowdowns(decision: Decision, seed: int = 0) -> np.ndarray:
    """By benchmark, as a fraction: 0.03 is 3 %. Infinite for one that was not measured."""
    slowdowns = np.full(len(decision.verdicts), np.inf)
    noise = residuals(decision)
    imagined: dict[tuple[int, int], _Imagined] = {}
    roots = np.sqrt(looks(decision))
    cuts = np.array([z for _, z in decision.cuts])
    for i, verdict in enumerate(decision.verdicts):
        if verdict is Verdict.FAILED:
            continue
        pairs, family = confirmation(decision, i)
        if (pairs, family) not in imagined:
            imagined[pairs, family] = _imagine(decision, noise, pairs, family, np.random.default_rng(seed))
        runs = imagined[pairs, family]
        scale = max(float(decision.scales[i]), SMALLEST_NOISE)
        margin = float(decision.margins[i])

        def found(change: float, runs: _Imagined = runs, scale: float = scale, margin: float = margin) -> bool:
            z = (runs.screened + change / scale) * roots
            kept = np.all(np.abs(z[:, :-1]) >= cuts, axis=1)
            proved = (change - margin) / scale > runs.confirmed
            return float(np.mean(kept & (z[:, -1] >= decision.suspect_z) & proved)) >= CHANCE

        slowdowns[i] = math.expm1(signedrank.smallest_true(found, margin, LARGEST))
    return slowdowns


def looks(decision: Decision) -> list[int]:
    """After how many pairs screening chose: at its cuts, and at its end."""
    return [*(pairs for pairs, _ in decision.cuts), decision.screening_pairs]


def confirmation(decision: Decision, i: int) -> tuple[int, int]:
    """With how many pairs it would have been confirmed had it been slower, and among how many suspects."""
    settings = decision.settings
    suspects = {i, *decision.confirmed}
    standing = {i, *decision.p_values}
    before = LETTING_GO * sum(decision.costs[each] for each in suspects)
    after = (decision.confirming_seconds - before) / sum(decision.costs[each] for each in standing)
    least = least_pairs(len(suspects), settings.alpha_each)
    return min(max(least, LETTING_GO + int(after)), settings.confirming_most), len(suspects)


def residuals(decision: Decision) -> np.ndarray:
    """The noise of all pairs, in units of their benchmark's: shared, since a benchmark has few of its own."""
    found = [np.zeros(0)]
    rows: Mapping[int, np.ndarray] = dict(enumerate(decision.screened)) | decision.confirmed
    for i, row in rows.items():
        d = row[~np.isnan(row)]
        if len(d) > 1 and decision.scales[i] > SMALLEST_NOISE:
            # A sample's own median takes a part of the noise with it.
            found.append((d - np.median(d)) / decision.scales[i] * math.sqrt(len(d) / (len(d) - 1)))
    noise = np.concatenate(found)
    return np.concatenate([noise, -noise]) if len(noise) else np.zeros(1)


def _imagine(decision: Decision, noise: np.ndarray, pairs: int, family: int, rng: np.random.Generator) -> _Imagined:
    screened = rng.choice(noise, (RUNS, decision.screening_pairs))
    confirmed = rng.choice(noise, (RUNS, pairs))
    level = decision.settings.alpha_each / family
    halves = confirmed[:, ::2], confirmed[:, 1::2]
    needed = [_needed(confirmed, level), *(_needed(half, LAYOUT_LEVEL) for half in halves)]
    needed += [-signedrank.estimate(confirmed[:, :some]) for some in range(LETTING_GO, pairs, 4)]
    estimates = [signedrank.estimate(screened[:, :pairs]) for pairs in looks(decision)]
    return _Imagined(np.stack(estimates, axis=-1), np.maximum.reduce(needed))


def _needed(d: np.ndarray, level: float) -> np.ndarray:
    """By row, the shift above which the test at this level rejects; infinite where no shift does."""
    averages = np.sort(signedrank.walsh_averages(d), axis=-1)
    rank_sum = signedrank.critical_value(d.shape[-1], level)
    if rank_sum is None:
        return np.full(len(d), np.inf)
    needed: np.ndarray = -averages[:, -rank_sum]
    return needed
