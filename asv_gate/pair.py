"""One process of a benchmark, and one pair: a fresh process of each commit, next to each other in time."""

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from asv_gate import asvlink, processes
from asv_gate.asvlink import Benchmark, Install, Suite

# A process's value is the minimum of its samples, of which eight do; a long benchmark has three at least.
TIMING = {"rounds": 1, "repeat": [3, 8, 0.25], "warmup_time": 0.05}
ONCE = {"rounds": 1, "repeat": 1, "number": 1, "warmup_time": 0}
TIME_UNITS = ("s", "sec", "secs", "second", "seconds", "ms", "us", "ns", "milliseconds", "microseconds", "nanoseconds")


@dataclass(frozen=True)
class Outcome:
    """What came of one process: a value, NaN where the benchmark skipped itself, None where it failed."""

    value: float | None
    seconds: float
    error: str = ""

    @property
    def skipped(self) -> bool:
        return self.value is not None and math.isnan(self.value)


def is_timing(benchmark: Benchmark) -> bool:
    """Whether its value is a time, also where the suite took it itself: it is noisy, and decided by statistics."""
    return benchmark.type == "time" or (benchmark.type == "track" and benchmark.unit.lower() in TIME_UNITS)


@dataclass
class Side:
    """A commit in one installation, ready to be run; what setup_cache made for it is kept in the folder."""

    suite: Suite
    install: Install
    folder: Path
    _caches: dict[str, tuple[Path | None, str]] = field(default_factory=dict)

    def process(self, benchmark: Benchmark, attributes: Mapping[str, object], hash_seed: int) -> Outcome:
        (outcome,) = self.processes([benchmark], attributes, hash_seed)
        return outcome

    def processes(
        self, benchmarks: Sequence[Benchmark], attributes: Mapping[str, object], hash_seed: int
    ) -> list[Outcome]:
        """A fresh process of each of these benchmarks, all at once; they have one timeout, the longest."""
        outcomes: dict[int, Outcome] = {}
        commands = []
        environ = self.install.environ(hash_seed)
        with tempfile.TemporaryDirectory(dir=self.folder) as temporary:
            for i, benchmark in enumerate(benchmarks):
                cache, error = self._cache(benchmark)
                if error:
                    outcomes[i] = Outcome(None, 0.0, f"setup_cache failed:\n{error}")
                    continue
                cwd = cache or Path(temporary, f"cwd{i}")
                cwd.mkdir(exist_ok=True)
                result = Path(temporary, f"result{i}.json")
                command = asvlink.run_command(self.suite, self.install, benchmark, attributes, result)
                commands.append((i, result, (command, environ, cwd)))
            timeout = max((benchmark.timeout for benchmark in benchmarks), default=0.0)
            ended = processes.run_all([command for _, _, command in commands], timeout=timeout)
            for (i, result, _), end in zip(commands, ended, strict=True):
                outcomes[i] = read_outcome(end, result, timeout)
        return [outcomes[i] for i in range(len(benchmarks))]

    def _cache(self, benchmark: Benchmark) -> tuple[Path | None, str]:
        """The folder of what the benchmark's setup_cache made, if it has one, and what went wrong."""
        key = benchmark.setup_cache
        if key is None:
            return None, ""
        if key not in self._caches:
            folder = Path(tempfile.mkdtemp(prefix="setup_cache-", dir=self.folder))
            ended = processes.run(
                asvlink.setup_cache_command(self.suite, self.install, benchmark),
                environ=self.install.environ(0),
                cwd=folder,
                timeout=benchmark.setup_cache_timeout,
            )
            wrong = {None: "its time was up", 0: ""}.get(ended.status, ended.output or f"status {ended.status}")
            self._caches[key] = (folder, wrong)
        return self._caches[key]


def read_outcome(ended: processes.Ended, result: Path, timeout: float) -> Outcome:
    """What the runner wrote: a number, or the samples of a timing."""
    if ended.status is None:
        return Outcome(None, ended.seconds, f"timed out after {timeout:g} s\n{ended.output}".strip())
    if ended.status != 0:
        return Outcome(None, ended.seconds, f"exit status {ended.status}\n{ended.output}".strip())
    try:
        written = json.loads(result.read_text(encoding="utf-8"))
        value = min(written["samples"]) if isinstance(written, dict) else float(written)
    except (OSError, ValueError, TypeError, KeyError) as error:
        return Outcome(None, ended.seconds, f"gave no number ({error})\n{ended.output}".strip())
    return Outcome(value, ended.seconds)


@dataclass(frozen=True)
class Pair:
    """A process of each side. d = ln(head / base), NaN where there is none."""

    base: Outcome
    head: Outcome
    base_first: bool

    @property
    def d(self) -> float:
        base, head = self.base.value, self.head.value
        if base is None or head is None or not (base > 0 and head > 0):
            return math.nan
        return math.log(head / base)

    @property
    def seconds(self) -> float:
        return self.base.seconds + self.head.seconds


def measure(base: Side, head: Side, benchmark: Benchmark, rng: np.random.Generator) -> Pair:
    """The coin says which goes first; both have the same hash seed, and another than the pair before."""
    base_first = bool(rng.integers(2))
    hash_seed = int(rng.integers(1, 2**32))
    attributes = TIMING if benchmark.type == "time" else {}
    outcomes = [
        side.process(benchmark, attributes, hash_seed) for side in ((base, head) if base_first else (head, base))
    ]
    first, second = outcomes if base_first else outcomes[::-1]
    return Pair(first, second, base_first)
