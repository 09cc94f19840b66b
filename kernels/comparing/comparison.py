"""What was measured, and the figures that follow from it: speedups and efficiencies."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kernels.comparing.plan import Configuration, Plan
from kernels.comparing.rates import Work, work_of
from kernels.comparing.verdict import Verdict
from kernels.registry import name_of

OUTLYING = 14.826  # Iglewicz and Hoaglin's score, at a threshold that only disturbances reach


@dataclass(frozen=True)
class Samples:
    """Seconds that one configuration took: of `cold` starts, and of `warm` runs by round."""

    configuration: Configuration
    cold: list[float]
    warm: list[float]

    @property
    def cold_median(self) -> float:
        """Seconds to start the workers, place the data and run once."""
        return statistics.median(self.cold)

    @property
    def best(self) -> float:
        """The least seconds of a warm run."""
        return min(self.warm)

    @property
    def median(self) -> float:
        """The median seconds of a warm run."""
        return statistics.median(self.warm)

    @property
    def spread(self) -> float:
        """Half of the range in which the middle half of the warm runs lies, in seconds."""
        return spread(self.warm)

    @property
    def outliers(self) -> int:
        """How many warm runs took so much longer than the median that they were disturbed."""
        return outliers(self.warm)


@dataclass(frozen=True)
class Comparison:
    """The samples of all configurations, of which the first is serial, and the verdict on them."""

    plan: Plan
    info: dict[str, Any]
    samples: tuple[Samples, ...]
    verdict: Verdict | None

    @property
    def work(self) -> Work | None:
        """What a run does, where the workload says so."""
        return work_of(self.plan.workload, self.plan.problem)

    @property
    def rounds(self) -> int:
        """How many warm runs each configuration made."""
        return len(self.samples[0].warm)

    @property
    def usable_cpus(self) -> int:
        """CPUs that the measurement could keep busy."""
        return int(self.info["cpus"]["usable"])

    def speedup(self, samples: Samples) -> float:
        """T(serial) / T, by the best times: disturbances only ever make a run longer."""
        return self.samples[0].best / samples.best

    def efficiency(self, samples: Samples) -> float:
        """The speedup divided by the CPUs that the workers can keep busy."""
        return self.speedup(samples) / self._busy_cpus(samples)

    def oversubscribed(self, samples: Samples) -> bool:
        """Whether there are more workers than usable CPUs."""
        return (samples.configuration.workers or 1) > self.usable_cpus

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
            "work": self.work and asdict(self.work),
            "timings": [self._samples_as_dict(samples) for samples in self.samples],
            "verdict": verdict and self._verdict_as_dict(verdict),
        }

    def _samples_as_dict(self, samples: Samples) -> dict[str, Any]:
        speedup_median = self.samples[0].median / samples.median
        return {
            "strategy": samples.configuration.strategy,
            "workers": samples.configuration.workers,
            "chunk": samples.configuration.chunk,
            "oversubscribed": self.oversubscribed(samples),
            "cold": samples.cold,
            "warm": samples.warm,
            "cold_median": samples.cold_median,
            "best": samples.best,
            "median": samples.median,
            "spread": samples.spread,
            "outliers": samples.outliers,
            "rate": self.work and self.work.amount / samples.best,
            "speedup": self.speedup(samples),
            "efficiency": self.efficiency(samples),
            "speedup_median": speedup_median,
            "efficiency_median": speedup_median / self._busy_cpus(samples),
        }

    @staticmethod
    def _verdict_as_dict(verdict: Verdict) -> dict[str, Any]:
        high = None if verdict.high == math.inf else verdict.high  # JSON knows no infinity
        return asdict(verdict) | {"high": high, "clear": verdict.clear, "sentence": str(verdict)}

    def _busy_cpus(self, samples: Samples) -> int:
        return min(samples.configuration.workers or 1, self.usable_cpus)


def spread(times: Sequence[float]) -> float:
    """Half of the range in which the middle half of the times lies; 0 for a single one."""
    if len(times) < 2:
        return 0.0
    low, _, high = statistics.quantiles(times, n=4, method="inclusive")
    return (high - low) / 2


def outliers(times: Sequence[float]) -> int:
    """How many of the times are far above the median: by a modified z-score of 14.8 or more, which is hyperfine's."""
    middle = statistics.median(times)
    scale = statistics.median(abs(time - middle) for time in times) / 0.6745
    return sum(time - middle > OUTLYING * scale for time in times) if scale else 0


def as_factor(value: float) -> str:
    """A ratio with two decimals, or with two digits where it is below 0.1."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
