"""What a comparison of a user's own loop came to: the table, the verdict, and the advice."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernels.comparing import chart, tabular
from kernels.comparing.comparison import Comparison, Samples
from kernels.comparing.verdict import Verdict, ratio
from kernels.loops import advice
from kernels.loops.naming import Names
from kernels.loops.trial import Trial


@dataclass(frozen=True)
class Result:
    """What :func:`kernels.compare` returns; str() is all of it as text, and a notebook shows it with a chart.

    Attributes
    ----------
    comparison
        All samples, of all strategies that could run.
    notes
        What is to be said of the items and the function, a sentence each; the first is how many items were taken.
    checked
        How the answers were checked, as a sentence.
    """

    comparison: Comparison
    trial: Trial
    names: Names
    notes: tuple[str, ...]
    checked: str

    @property
    def verdict(self) -> Verdict | None:
        """The fastest strategy against the next; None where serial was alone. str() is the sentence."""
        return self.comparison.verdict

    @property
    def advised(self) -> Samples:
        """The simplest strategy that takes at most 5 % longer than the fastest of those that a few lines can have.

        By the median of their ratio within a round: what slows down a whole round does not change it.
        """
        best: dict[str, Samples] = {}
        for samples in sorted(self.comparison.samples, key=lambda each: each.median):
            if advice.can_be_told(samples.configuration.strategy):
                best.setdefault(samples.configuration.strategy, samples)
        fastest = next(iter(best.values()))
        ratios = {name: ratio(samples.warm, fastest.warm) for name, samples in best.items()}
        return next(best[name] for name in advice.SIMPLEST if ratios.get(name, math.inf) <= advice.SAME)

    @property
    def advice(self) -> str:
        """The program to paste: the advised strategy in the words of the standard library."""
        plan = self.comparison.plan
        return advice.program(
            self.trial.loop, self.advised.configuration, self.names, plan.start_method, self.trial.seconds_per_item
        )

    def table(self, colour: bool = False) -> str:
        """The table as text: a row for each strategy and number of workers."""
        return tabular.text(self.comparison, colour)

    def plot(self, path: str | Path | None = None) -> Any:
        """The bar chart, an Altair chart; also written to `path`, which ends in .png or .svg, where that is given.

        Raises ModuleNotFoundError where the extra ``plot`` is not installed.
        """
        drawn = chart.made(self.comparison)
        if path is not None:
            chart.draw(self.comparison, Path(path), Path(path).suffix[1:])
        return drawn

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON; times in seconds."""
        advised = self.advised.configuration
        return self.comparison.as_dict() | {
            "seconds_per_item": self.trial.seconds_per_item,
            "checked": self.checked,
            "notes": list(self.notes),
            "advice": {
                "strategy": advised.strategy,
                "workers": advised.workers,
                "chunk": advised.chunk,
                "program": self.advice,
            },
        }

    def heading(self) -> str:
        """What was compared, and what was left out."""
        plan = self.comparison.plan
        lines = [f"{self.trial.loop.__name__}, {self.notes[0]}, start method {plan.start_method}"]
        lines += [f"left out: {strategy}, as {reason}" for strategy, reason in plan.left_out.items()]
        return "\n".join(lines + [f"note: {note}" for note in self.notes[1:]])

    def conclusion(self) -> str:
        """How it was checked, the verdict, and the advice with its program."""
        verdict = self.verdict or "serial alone: there is nothing to compare it with"
        checked = f"{self.checked[0].upper()}{self.checked[1:]}."
        return "\n\n".join([checked, str(verdict), self._advice_sentence(), self._program()])

    def _advice_sentence(self) -> str:
        advised = self.advised
        speedup = self.comparison.samples[0].median / advised.median
        by_median = min(self.comparison.samples, key=lambda each: each.median)
        gain = "" if advised.configuration.workers is None else f", {speedup:.2f} times as fast as serial"
        why = ""
        if by_median is not advised:
            ratio = 100 * (advised.median / by_median.median - 1)
            other = by_median.configuration
            why = f" ({other} was {ratio:.1f} % faster: not worth more code)"
            if not advice.can_be_told(other.strategy):
                why = f" ({other} was {ratio:.1f} % faster, but is no few lines)"
        return f"Advice: {advised.configuration}{gain}{why}. To paste:"

    def _program(self) -> str:
        return "\n".join(f"    {line}".rstrip() for line in self.advice.splitlines())

    def __str__(self) -> str:
        return f"{self.heading()}\n\n{self.table()}\n\n{self.conclusion()}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows: the table, the chart where it can be drawn, and the advice."""
        verdict = self.verdict or "serial alone: there is nothing to compare it with"
        parts = [
            "".join(f"<p>{html.escape(line)}</p>" for line in self.heading().splitlines()),
            tabular.html_table(self.comparison),
            f"<p>{html.escape(self.checked[0].upper() + self.checked[1:])}.</p>",
            f"<p><b>{html.escape(str(verdict))}</b></p>",
            chart.svg(self.comparison) if chart.is_possible() else "",
            f"<p>{html.escape(self._advice_sentence())}</p><pre>{html.escape(self.advice)}</pre>",
        ]
        return "\n".join(parts)
