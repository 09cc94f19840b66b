"""What is compared, and what came of it: times, speedups, efficiencies."""

import math
import statistics
from dataclasses import asdict, dataclass
from typing import Any

from kernels.comparing import table
from kernels.comparing.verdict import Configuration, Verdict
from kernels.contract.workload import Problem
from kernels.registry import name_of


@dataclass(frozen=True)
class Plan:
    """What is to be measured, checked and ready; `left_out` has the strategies that cannot run, and why."""

    workload: Any
    size: Any
    problem: Problem
    configurations: tuple[Configuration, ...]
    left_out: dict[str, str]
    start_method: str
    seed: int
    rounds: int | None


@dataclass(frozen=True)
class Timing:
    """Seconds that one configuration took: `cold` samples, and `warm` ones by round."""

    configuration: Configuration
    cold: list[float]
    warm: list[float]

    @property
    def cold_median(self) -> float:
        return statistics.median(self.cold)

    @property
    def best(self) -> float:
        return min(self.warm)

    @property
    def median(self) -> float:
        return statistics.median(self.warm)


@dataclass(frozen=True)
class Comparison:
    """What was measured; the first timing is that of serial, to which speedups are relative."""

    plan: Plan
    info: dict[str, Any]
    timings: tuple[Timing, ...]
    verdict: Verdict | None

    @property
    def rounds(self) -> int:
        return len(self.timings[0].warm)

    def speedup(self, timing: Timing) -> float:
        """By the best times, since what disturbs a run only ever makes it longer."""
        return self.timings[0].best / timing.best

    def efficiency(self, timing: Timing) -> float:
        return self.speedup(timing) / self._cpus(timing)

    def oversubscribed(self, timing: Timing) -> bool:
        return (timing.configuration.workers or 1) > self._usable

    def as_table(self) -> str:
        """For people: in milliseconds, with three digits for the shortest time."""
        shortest = min(timing.best for timing in self.timings)
        digits = max(0, 2 - math.floor(math.log10(1000 * shortest)))
        lines = [["strategy", "workers", "cold (ms)", "best (ms)", "median (ms)", "speedup", "efficiency"]]
        for timing in self.timings:
            workers = timing.configuration.workers
            lines.append(
                [
                    timing.configuration.strategy,
                    f"{workers or '-'}{'*' if self.oversubscribed(timing) else ''}",
                    *(f"{1000 * time:.{digits}f}" for time in (timing.cold_median, timing.best, timing.median)),
                    as_factor(self.speedup(timing)),
                    as_factor(self.efficiency(timing)),
                ]
            )
        notes = [f"{self.rounds} rounds; Python {self.info['python']['version']}; usable CPUs: {self._usable}"]
        if any(map(self.oversubscribed, self.timings)):
            notes.append("* more workers than usable CPUs")
        return "\n".join([table.plain(lines, "<>>>>>>"), "", *notes])

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON; times in seconds."""
        plan, verdict = self.plan, self.verdict
        return {
            "workload": name_of(plan.workload),
            "size": plan.size,
            "items": len(plan.problem),
            "seed": plan.seed,
            "start_method": plan.start_method,
            "rounds": self.rounds,
            "info": self.info,
            "left_out": plan.left_out,
            "timings": [self._as_dict(timing) for timing in self.timings],
            "verdict": verdict and self._verdict_as_dict(verdict),
        }

    def _as_dict(self, timing: Timing) -> dict[str, Any]:
        speedup_median = self.timings[0].median / timing.median
        return {
            "strategy": timing.configuration.strategy,
            "workers": timing.configuration.workers,
            "oversubscribed": self.oversubscribed(timing),
            "cold": timing.cold,
            "warm": timing.warm,
            "cold_median": timing.cold_median,
            "best": timing.best,
            "median": timing.median,
            "speedup": self.speedup(timing),
            "efficiency": self.efficiency(timing),
            "speedup_median": speedup_median,
            "efficiency_median": speedup_median / self._cpus(timing),
        }

    @staticmethod
    def _verdict_as_dict(verdict: Verdict) -> dict[str, Any]:
        high = None if verdict.high == math.inf else verdict.high  # JSON knows no infinity
        return asdict(verdict) | {"high": high, "clear": verdict.clear, "sentence": str(verdict)}

    def _cpus(self, timing: Timing) -> int:
        """As many CPUs as its workers can keep busy."""
        return min(timing.configuration.workers or 1, self._usable)

    @property
    def _usable(self) -> int:
        return int(self.info["cpus"]["usable"])


def as_factor(value: float) -> str:
    """Two decimals, and two digits also of what is far below 1."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
