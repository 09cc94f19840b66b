"""The decision: which pairs to measure next, and what follows from them.

It is the same for a live run, for a virtual one drawn from recorded pairs and for simulated noise:
all that it knows of the world is a `Source`, which gives it rounds of pairs. A pair's value is
d = ln(head / base). The steps, which docs/gate.md gives reasons for:

1. screen every benchmark with a few pairs, and then, round after round, those that look most unlike 0;
2. suspect of the last of them those that stand out, in both directions;
3. confirm the suspects on fresh pairs, as many as the budget leaves: Holm's correction over the suspects;
4. ask of the rounds of all benchmarks together whether the suite has become slower.

The pairs of every step come in turn from two independent installations of both commits, and what
does not show in each of these is taken for an accident of their layout.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import numpy as np
from scipy import optimize

from asv_gate import signedrank
from asv_gate.errors import GateError

SUITE_SHARE = 0.1  # of alpha, for the suite as a whole; the rest is for single benchmarks
SCREENING_LEAST, SCREENING_MOST = 2, 10  # rounds: of one pair nobody could tell its noise
SCREENING_SHARE = 0.6  # of the budget
KEPT_LEAST = 8
SUSPECT_Z = 1.5
SPARE_PAIRS = 3  # beyond those that could just reject, so that not all need agree
CONFIRMING_MOST = 40
CONFIRMING_LEAST = 12  # so that six pairs of each installation can show by themselves what all do
PROOF_Z = 4.0  # standard errors beyond the threshold at which a suspect is mostly confirmed
LETTING_GO = 6  # fresh pairs after which a suspect that does not show the threshold in them is let go
LAYOUT_LEVEL = 0.05  # at which each installation by itself must show what both together do
PRIOR_PAIRS = 4  # what a benchmark's own noise is weighed against: all benchmarks' noise counts as so many pairs
NORMAL_MAD = 1.4826


class Verdict(str, Enum):
    """What is said of a benchmark."""

    SLOWER = "slower"
    FASTER = "faster"
    UNCHANGED = "no change seen"
    FAILED = "could not measure"


@dataclass(frozen=True)
class Settings:
    """What the user decides: the threshold as a fraction, the budget in seconds of measuring."""

    alpha: float = 0.01
    threshold: float = 0.01
    budget: float = 600.0
    confirming_most: int = CONFIRMING_MOST

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise GateError(f"alpha must be above 0 and below 50 %, not {self.alpha:.3%}")
        if not 0 <= self.threshold < math.inf:
            raise GateError(f"the threshold must be 0 % or more, not {self.threshold:.3%}")
        if not 0 < self.budget < math.inf:
            raise GateError(f"the budget must be a time above 0, not {self.budget} s")

    @property
    def alpha_each(self) -> float:
        """For the suspects of one direction together."""
        return self.alpha * (1 - SUITE_SHARE)

    @property
    def alpha_suite(self) -> float:
        return self.alpha * SUITE_SHARE


class Source(Protocol):
    """Where pairs come from."""

    costs: np.ndarray  # what a pair of each benchmark is expected to take, in seconds

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        """A pair of each chosen benchmark: d, NaN where it could not be measured, and seconds."""


@dataclass
class Decision:
    """What a run found, by benchmark."""

    settings: Settings
    verdicts: list[Verdict]
    notes: list[str]
    screened: np.ndarray  # d of screening: benchmarks x pairs, NaN where there is none
    margins: np.ndarray  # by benchmark, what d must be beyond
    confirmed: dict[int, np.ndarray] = field(default_factory=dict)  # d of the confirmation
    p_values: dict[int, float] = field(default_factory=dict)
    cuts: list[tuple[int, float]] = field(default_factory=list)  # after so many pairs, the |z| of who was screened on
    screening_pairs: int = 0  # of who was screened to the end
    suspect_z: float = 0.0  # beyond which they were suspected
    scales: np.ndarray = field(default_factory=lambda: np.empty(0))  # noise of a pair, as a standard deviation
    confirming_seconds: float = 0.0  # that were left for it
    costs: np.ndarray = field(default_factory=lambda: np.empty(0))  # of a pair, as it turned out
    suite: Verdict = Verdict.UNCHANGED
    suite_p: float = 1.0
    suite_estimate: float = 0.0
    suite_pairs: int = 0
    seconds: float = 0.0

    @property
    def slower(self) -> bool:
        return Verdict.SLOWER in (*self.verdicts, self.suite)


def decide(
    source: Source,
    settings: Settings,
    thresholds: Sequence[float] | None = None,
    together: Sequence[bool] | None = None,
) -> Decision:
    """Spend the budget on the source's pairs.

    Parameters
    ----------
    source
        Where pairs come from.
    settings
        The budget, and what may go wrong how often.
    thresholds
        By benchmark, as fractions; by default that of the settings for all.
    together
        Which benchmarks count in the suite result; by default all.

    Raises
    ------
    GateError
        Where the budget is too small to reject anything.

    """
    count = len(source.costs)
    margins = np.log1p(np.full(count, settings.threshold) if thresholds is None else np.asarray(thresholds, float))
    return _Run(source, settings, margins, np.full(count, True) if together is None else np.array(together)).decide()


class _Run:
    def __init__(self, source: Source, settings: Settings, margins: np.ndarray, together: np.ndarray) -> None:
        self.source, self.settings, self.together = source, settings, together
        self.costs = np.array(source.costs, float)
        self.paid = np.zeros((2, len(self.costs)))  # pairs, and their seconds
        self.clock = 0.0
        self.rounds = 0
        self.installations: list[int] = []  # of the rounds of screening
        self.alive = np.ones(len(self.costs), bool)
        self.out = Decision(
            settings,
            [Verdict.UNCHANGED] * len(self.costs),
            [""] * len(self.costs),
            np.full((len(self.costs), SCREENING_MOST), np.nan),
            margins,
        )

    def decide(self) -> Decision:
        out = self.out
        everyone = self.carried()
        standing = self.screen(everyone)
        self.judge_suite(everyone[(self.alive & self.together)[everyone]])
        out.confirming_seconds = self.settings.budget - self.clock
        self.confirm(self.suspect(standing))
        for i in np.flatnonzero(~self.alive):
            if out.verdicts[i] is Verdict.UNCHANGED:
                out.verdicts[i] = Verdict.FAILED
        out.scales = self.scales(np.arange(len(self.costs)))
        out.seconds, out.costs = self.clock, self.costs
        return out

    def carried(self) -> np.ndarray:
        """The benchmarks that the budget can screen and could confirm: all, or the cheap ones first."""
        budget = self.settings.budget
        screening = budget * SCREENING_SHARE
        confirming = budget - screening
        order = np.argsort(self.costs, kind="stable")
        fits = np.cumsum(self.costs[order]) * SCREENING_LEAST <= screening
        fits &= self.costs[order] * least_pairs(1, self.settings.alpha_each) <= confirming
        for i in order[~fits]:
            self.alive[i] = False
            self.out.verdicts[i] = Verdict.FAILED
            self.out.notes[i] = "the budget does not reach it"
        if not fits.any():
            raise GateError(
                f"a budget of {budget:.0f} s is too small for any benchmark: "
                f"a pair of the quickest takes about {self.costs.min():.1f} s"
            )
        return np.asarray(np.sort(order[fits]))

    def screen(self, chosen: np.ndarray) -> np.ndarray:
        """Rounds of pairs, for fewer and fewer; who was in the last of them."""
        for rounds in range(SCREENING_MOST):
            if rounds >= SCREENING_LEAST:
                chosen = self.keep(chosen, rounds)
                if self.clock + self.costs[chosen].sum() > SCREENING_SHARE * self.settings.budget:
                    break
            self.installations.append(self.rounds % 2)
            self.out.screened[chosen, rounds] = self.measure(chosen)
            chosen = chosen[self.alive[chosen]]
        self.out.screening_pairs = len(self.installations)
        return chosen

    def keep(self, chosen: np.ndarray, rounds: int) -> np.ndarray:
        """Those that look most unlike 0: the share of which the budget lasts for all rounds, each keeping as much."""
        left = SCREENING_SHARE * self.settings.budget - self.clock
        share = affordable_share(left / self.costs[chosen].sum(), SCREENING_MOST - rounds) if len(chosen) else 1.0
        count = min(len(chosen), max(KEPT_LEAST, math.ceil(share * len(chosen))))
        if count == len(chosen):
            return chosen
        z = np.abs(self.z(chosen))
        order = np.argsort(-z, kind="stable")[:count]
        self.out.cuts.append((rounds, float(z[order[-1]])))
        return np.asarray(np.sort(chosen[order]))

    def measure(self, chosen: np.ndarray) -> np.ndarray:
        """One round; who fails in it is out of the run."""
        d, seconds = self.source.round(chosen, self.rounds % 2)
        self.rounds += 1
        self.clock += float(seconds.sum())
        self.paid[:, chosen] += np.ones(len(chosen)), seconds
        self.costs[chosen] = self.paid[1, chosen] / self.paid[0, chosen]
        self.alive[chosen[np.isnan(d)]] = False
        return d

    def z(self, chosen: np.ndarray) -> np.ndarray:
        """The estimate over its standard error, of all screening pairs so far."""
        if not len(chosen):
            return np.empty(0)
        d = self.screened(chosen)
        scale = np.maximum(self.scales(chosen), 1e-9)
        z: np.ndarray = signedrank.estimate(d) / scale * np.sqrt(d.shape[1])
        return z

    def screened(self, chosen: np.ndarray) -> np.ndarray:
        """Their pairs, as many as each of them has."""
        d = self.out.screened[chosen]
        return np.asarray(d[:, ~np.isnan(d).any(axis=0)])

    def scales(self, chosen: np.ndarray) -> np.ndarray:
        """The noise of one pair of each: its median absolute deviation, drawn towards that of all benchmarks.

        A benchmark has few pairs, whose own deviation says little; and one burst must not hide it.
        """
        known = np.flatnonzero(~np.isnan(self.out.screened[:, 0]))
        if not len(known):
            return np.zeros(len(chosen))
        d = self.out.screened[known]
        deviation = np.abs(d - np.nanmedian(d, axis=1, keepdims=True))
        own = (NORMAL_MAD * np.nanmedian(deviation, axis=1)) ** 2
        pairs = np.count_nonzero(~np.isnan(d), axis=1) - 1
        # Where a coarse clock makes most pairs equal, the deviations that there are must still count.
        rest = np.sort(deviation[~np.isnan(deviation)])[: math.ceil(0.75 * np.count_nonzero(~np.isnan(d)))]
        prior = max(float(np.median(own)), float(rest.mean()) ** 2)
        scales = np.full(len(self.costs), math.sqrt(prior))
        scales[known] = np.sqrt((PRIOR_PAIRS * prior + pairs * own) / (PRIOR_PAIRS + pairs))
        return np.asarray(scales[chosen])

    def suspect(self, chosen: np.ndarray) -> np.ndarray:
        """Those that stand out and that the budget can confirm; what is proven in the least time goes first."""
        z = self.z(chosen)
        order = np.argsort(self.proof_seconds(chosen, z), kind="stable")
        order = order[np.abs(z[order]) >= SUSPECT_Z]
        left = self.settings.budget - self.clock
        taken: list[int] = []
        for i in order:
            cost = self.costs[chosen[[*taken, i]]].sum()
            if least_pairs(len(taken) + 1, self.settings.alpha_each) * cost <= left:
                taken.append(i)
        rest = [i for i in order if i not in taken]
        for i in rest:
            self.out.notes[chosen[i]] = "stands out, but the budget did not reach its confirmation"
        self.out.suspect_z = SUSPECT_Z
        suspects: np.ndarray = np.sort(chosen[taken])
        self.directions = {int(chosen[i]): int(np.sign(z[i])) for i in taken}
        return suspects

    def proof_seconds(self, chosen: np.ndarray, z: np.ndarray) -> np.ndarray:
        """How long it takes to confirm each by itself, if it differs by as much as it seems to."""
        scale = self.scales(chosen)
        beyond = np.abs(signedrank.estimate(self.screened(chosen))) - self.out.margins[chosen] if len(chosen) else scale
        needed = np.where(beyond > 0, (PROOF_Z * scale / np.maximum(beyond, 1e-9)) ** 2, math.inf)
        pairs = np.maximum(needed, least_pairs(1, self.settings.alpha_each))
        return np.asarray(pairs * self.costs[chosen])

    def confirm(self, suspects: np.ndarray) -> None:
        """Fresh pairs of the suspects until the budget is spent, and Holm's correction in each direction.

        Suspects that do not stand are let go, and leave their time to the others. Neither that
        nor the time that pairs take tells the signs of another suspect's differences, which stay
        fair coins.
        """
        rows: list[np.ndarray] = []
        installations: list[int] = []
        standing = suspects
        least = least_pairs(len(suspects), self.settings.alpha_each)
        while len(standing) and len(rows) < self.settings.confirming_most:
            if len(rows) >= least and self.clock + self.costs[standing].sum() > self.settings.budget:
                break
            row = np.full(len(self.costs), np.nan)
            installations.append(self.rounds % 2)
            row[standing] = self.measure(standing)
            rows.append(row)
            standing = standing[self.alive[standing]]
            if len(rows) >= LETTING_GO and len(rows) % 2 == 0:
                d = np.array(rows)[:, standing].T * [[self.directions[int(i)]] for i in standing]
                standing = standing[signedrank.estimate(d) > self.out.margins[standing]] if len(standing) else standing
        for i in suspects[self.alive[suspects]]:
            d = np.array(rows)[:, i]
            self.out.confirmed[int(i)] = d[~np.isnan(d)]
        for sign, verdict in ((1, Verdict.SLOWER), (-1, Verdict.FASTER)):
            family = [int(i) for i in suspects if self.directions[int(i)] == sign]
            self.judge([i for i in family if i in standing], len(family), sign, verdict, np.array(installations))

    def judge(self, standing: list[int], family: int, sign: int, verdict: Verdict, installations: np.ndarray) -> None:
        """The family is all that were suspected: those that failed or were let go count, with a p-value of 1."""
        out, settings = self.out, self.settings
        if not standing:
            return
        beyond = {i: sign * out.confirmed[i] - out.margins[i] for i in standing}
        if signedrank.smallest_p_value(len(installations)) > settings.alpha_each / family:
            raise AssertionError(f"{len(installations)} pairs cannot reject one of {family} at {settings.alpha_each}")
        out.p_values |= {i: signedrank.p_value(d) for i, d in beyond.items()}
        p_values = np.array([out.p_values[i] for i in standing] + [1.0] * (family - len(standing)))
        falls = signedrank.holm(p_values, settings.alpha_each)
        for i, fallen in zip(standing, falls, strict=False):
            if fallen and self.in_each(beyond[i], installations):
                out.verdicts[i] = verdict
            elif fallen:
                out.notes[i] = f"{verdict.value} in one installation only: an accident of its layout"

    def in_each(self, beyond: np.ndarray, installations: np.ndarray) -> bool:
        """Whether each installation's pairs show by themselves what all of them show together."""
        return all(
            signedrank.p_value(beyond[..., installations == each].ravel()) <= LAYOUT_LEVEL
            for each in np.unique(installations)
        )

    def judge_suite(self, everyone: np.ndarray) -> None:
        """A slowdown that all benchmarks share: the pairs that selection has not touched, as one sample."""
        out, settings = self.out, self.settings
        pairs = out.cuts[0][0] if out.cuts else out.screening_pairs
        d, installations = out.screened[everyone, :pairs], np.array(self.installations[:pairs])
        out.suite_pairs = d.size
        if d.size == 0:
            return
        out.suite_estimate = float(np.median(signedrank.estimate(d)))
        for sign, verdict in ((1, Verdict.SLOWER), (-1, Verdict.FASTER)):
            beyond = sign * d - out.margins[everyone][:, np.newaxis]
            p = signedrank.p_value(beyond.ravel())
            out.suite_p = min(out.suite_p, p)
            if p <= settings.alpha_suite and self.in_each(beyond, installations):
                out.suite = verdict


def affordable_share(rounds_paid: float, rounds: int) -> float:
    """The share s at most 1 with s + s^2 + ... of so many rounds equal to the rounds of all that are paid for."""
    if not 0 < rounds_paid < rounds:
        return float(rounds_paid >= rounds)
    return float(optimize.brentq(lambda s: sum(s**k for k in range(1, rounds + 1)) - rounds_paid, 0.0, 1.0))


def least_pairs(suspects: int, alpha: float) -> int:
    """So many pairs that one of so many suspects can be found guilty though not every pair agrees."""
    return max(CONFIRMING_LEAST, math.ceil(math.log2(max(1, suspects) / alpha)) + SPARE_PAIRS)
