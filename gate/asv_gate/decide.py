"""The decision: which pairs to measure next, and what follows from them.

It is the same for a live run, for a virtual one drawn from recorded pairs and for simulated noise:
all that it knows of the world is a `Source`, which gives it rounds of pairs. A pair's value is
d = ln(head / base). The steps, which docs/gate.md gives reasons for:

1. screen every benchmark with a few pairs, and then, round after round, those that look most unlike 0;
2. ask of the rounds of all benchmarks together whether the suite has become slower;
3. take those that stand out, in both directions, for candidates, as many as the budget can confirm;
4. confirm the candidates on fresh pairs, each until it is settled: a sequential test, and Holm's correction.

The pairs of every step come in turn from two independent installations of both commits, and what
does not show in each of these is taken for an accident of their layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from asv_gate import noise, screening, signedrank
from asv_gate.confirming import LAYOUT_LEVEL, Confirmed, confirm
from asv_gate.meter import Meter, Source
from asv_gate.screening import Candidates, Screened
from asv_gate.settings import Settings

__all__ = ["Decision", "Settings", "Source", "Verdict", "decide"]

PARTS = 2  # installations, or halves of the pairs, in each of which the suite result must show


class Verdict(str, Enum):
    """What is said of a benchmark."""

    SLOWER = "slower"
    FASTER = "faster"
    UNSETTLED = "unsettled"
    UNCHANGED = "no change seen"
    FAILED = "could not measure"


@dataclass
class Decision:
    """What a run found, by benchmark."""

    settings: Settings
    verdicts: list[Verdict]
    notes: list[str]
    margins: np.ndarray  # by benchmark, what d must be beyond
    screening: Screened
    candidates: Candidates
    confirmation: Confirmed
    scales: np.ndarray  # noise of a pair, as a standard deviation
    costs: np.ndarray  # of a pair, as it turned out, in seconds
    confirming_from: float  # seconds, at which confirmation began
    suite: Verdict = Verdict.UNCHANGED
    suite_p: float = 1.0
    suite_estimate: float = 0.0
    suite_pairs: int = 0
    seconds: float = 0.0

    @property
    def slower(self) -> bool:
        return Verdict.SLOWER in (*self.verdicts, self.suite)

    @property
    def unsettled(self) -> list[int]:
        """The benchmarks that stand out as slower, and that time did not suffice for."""
        signs = {**self.candidates.signs, **self.candidates.unreached}
        return [i for i, verdict in enumerate(self.verdicts) if verdict is Verdict.UNSETTLED and signs[i] > 0]

    @property
    def screened(self) -> np.ndarray:
        """D of screening: benchmarks x pairs, NaN where there is none."""
        return self.screening.d

    @property
    def confirmed(self) -> dict[int, np.ndarray]:
        """D of the confirmation."""
        return self.confirmation.d

    @property
    def p_values(self) -> dict[int, float]:
        return self.confirmation.p_values


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
        Before anything is measured, where the budget is too small to prove anything.

    """
    meter = Meter(source)
    margins = np.log1p(np.full(len(meter.costs), settings.threshold) if thresholds is None else np.array(thresholds))
    verdicts = [Verdict.UNCHANGED] * len(meter.costs)
    notes = [""] * len(meter.costs)

    def drop(chosen: np.ndarray, why: str) -> None:
        for i in chosen:
            notes[i] = why

    screened = screening.screen(meter, settings, drop)
    chosen = screening.candidates(meter, settings, screened, drop)
    confirming_from = meter.clock
    confirmed = confirm(meter, settings, margins, chosen)
    for i, sign in {**chosen.signs, **chosen.unreached}.items():
        verdict = Verdict.SLOWER if sign > 0 else Verdict.FASTER
        if i in confirmed.proven:
            verdicts[i] = verdict
        elif i in confirmed.layout:
            notes[i] = f"{verdict.value} in one installation only: an accident of its layout"
        elif i in confirmed.unsettled or i in chosen.unreached:
            verdicts[i] = Verdict.UNSETTLED
            pairs = len(confirmed.d.get(i, ()))
            what = f"{pairs} pairs" if pairs >= settings.confirming_most else "the budget"
            notes[i] = f"stands out as {'worse' if sign > 0 else 'better'}, but {what} did not suffice to settle it"
    for i, alive in enumerate(meter.alive):
        unknown = not alive or i in screened.given_up or np.isnan(screened.d[i]).all()
        if verdicts[i] is Verdict.UNCHANGED and unknown:
            verdicts[i] = Verdict.FAILED
    decision = Decision(
        settings,
        verdicts,
        notes,
        margins,
        screened,
        chosen,
        confirmed,
        noise.scales(screened.d),
        meter.costs,
        confirming_from,
        seconds=meter.clock,
    )
    counted = meter.alive if together is None else meter.alive & np.array(together)
    judge_suite(decision, np.array(meter.installations), screened.everyone[counted[screened.everyone]])
    return decision


def judge_suite(decision: Decision, installations: np.ndarray, everyone: np.ndarray) -> None:
    """A slowdown that all benchmarks share: the pairs that selection has not touched, as one sample."""
    screened, settings = decision.screening, decision.settings
    d = screened.d[everyone, : screened.untouched]
    decision.suite_pairs = d.size
    if d.size == 0:
        return
    decision.suite_estimate = float(np.median(signedrank.estimate(d)))
    of_rounds = installations[: screened.untouched]
    if len(np.unique(of_rounds)) < PARTS:  # in a short budget: it might be an accident of one installation
        return
    for sign, verdict in ((1, Verdict.SLOWER), (-1, Verdict.FASTER)):
        beyond = sign * d - decision.margins[everyone][:, np.newaxis]
        p = signedrank.p_value(beyond.ravel())
        decision.suite_p = min(decision.suite_p, p)
        each = [signedrank.p_value(beyond[:, of_rounds == one].ravel()) for one in np.unique(of_rounds)]
        if p <= settings.alpha_suite and max(each) <= LAYOUT_LEVEL:
            decision.suite = verdict
