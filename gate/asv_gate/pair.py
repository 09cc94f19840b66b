"""One process of a benchmark, and one pair: a fresh process of each commit, both sampled in turns."""

import contextlib
import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from asv_gate import asvlink, processes
from asv_gate.asvlink import Benchmark, Install, Suite

# At least so many turns, at most so many, and no more after so many seconds. Where a machine is noisy, a pair's noise
# falls with the root of its turns; a pair of many is still cheaper than several, as each starts two processes.
TURNS = (5, 40, 0.5)
WARM_UP = {"repeat": [1, 1, 0], "warmup_time": 0.05, "min_run_count": 1}
SAMPLE = {"repeat": 1, "warmup_time": 0}
ONCE = {"rounds": 1, "repeat": 1, "number": 1, "warmup_time": 0}
TIME_UNITS = ("s", "sec", "secs", "second", "seconds", "ms", "us", "ns", "milliseconds", "microseconds", "nanoseconds")


@dataclass(frozen=True)
class Outcome:
    """What came of one process: its samples; one NaN where it skipped itself, and none where it failed."""

    samples: Sequence[float]
    seconds: float
    error: str = ""

    @property
    def value(self) -> float | None:
        return float(np.median(self.samples)) if self.samples else None

    @property
    def skipped(self) -> bool:
        return self.value is not None and math.isnan(self.value)


def is_timing(benchmark: Benchmark) -> bool:
    """Whether its value is a time, also where the suite took it itself: it is noisy, and decided by statistics."""
    return benchmark.type == "time" or (benchmark.type == "track" and benchmark.unit.lower() in TIME_UNITS)


class Sampler:
    """A process that takes a sample of a benchmark whenever it is told to, as long as it does well."""

    def __init__(self, talk: processes.Talk, timeout: float) -> None:
        self.talk, self.timeout = talk, timeout
        self.well = True
        self.skipped = False
        self.samples: list[float] = []
        self.seconds = 0.0  # that it was waited for: while it waits for its turn, its time stands still

    def set_up(self) -> None:
        self._hear()

    def run(self, attributes: Mapping[str, object]) -> dict[str, Any] | None:
        """What asv's runner says of a run with these attributes in place of the benchmark's own."""
        if not self.well:
            return None
        self.talk.ask(json.dumps(attributes).encode())
        answer: dict[str, Any] | None = self._hear()
        return answer

    def take(self, attributes: Mapping[str, object]) -> None:
        if answer := self.run(attributes):
            self.samples += answer["samples"]

    def end(self) -> Outcome:
        ended = self.talk.end(monotonic() + self.timeout - self.seconds)
        error = failure(ended, self.timeout)
        if not (error or self.well or self.skipped):
            error = f"ended before its time\n{ended.output}".strip()
        samples = () if error else (math.nan,) if self.skipped else tuple(self.samples)
        return Outcome(samples, self.seconds, error)

    def _hear(self) -> Any:
        start = monotonic()
        answer = self.talk.answer(start + self.timeout - self.seconds)
        self.seconds += monotonic() - start
        said = json.loads(answer) if answer else None
        self.skipped = bool(answer) and said is None
        self.well = said is not None
        return said


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
                    outcomes[i] = Outcome((), 0.0, f"setup_cache failed:\n{error}")
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

    @contextlib.contextmanager
    def sampler(self, benchmark: Benchmark, hash_seed: int) -> Iterator[Sampler]:
        """A process of it that has begun to be set up; `cached` has said that it can be."""
        command = asvlink.sampler_command(self.suite, self.install, benchmark)
        with tempfile.TemporaryDirectory(dir=self.folder) as temporary:
            cwd = self._cache(benchmark)[0] or Path(temporary)
            with processes.talk(command, self.install.environ(hash_seed), cwd) as talk:
                yield Sampler(talk, benchmark.timeout)

    def cached(self, benchmark: Benchmark) -> bool:
        """Whether what it needs of setup_cache, if anything, could be made."""
        return not self._cache(benchmark)[1]

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
    if error := failure(ended, timeout):
        return Outcome((), ended.seconds, error)
    try:
        written = json.loads(result.read_text(encoding="utf-8"))
        samples = written["samples"] if isinstance(written, dict) else [float(written)]
    except (OSError, ValueError, TypeError, KeyError) as error:
        return Outcome((), ended.seconds, f"gave no number ({error})\n{ended.output}".strip())
    return Outcome(tuple(samples), ended.seconds)


def failure(ended: processes.Ended, timeout: float) -> str:
    """What went wrong with a process, if anything."""
    if ended.status is None:
        return f"timed out after {timeout:g} s\n{ended.output}".strip()
    return f"exit status {ended.status}\n{ended.output}".strip() if ended.status else ""


@dataclass(frozen=True)
class Pair:
    """A process of each side. d = ln(head / base), the median over the turns; NaN where one has no samples."""

    base: Outcome
    head: Outcome
    base_first: bool
    seconds: float

    @property
    def d(self) -> float:
        base, head = np.array(self.base.samples), np.array(self.head.samples)
        if not (len(base) == len(head) > 0 and np.all(base > 0) and np.all(head > 0)):
            return math.nan
        return float(np.median(np.log(head / base)))


def measure(base: Side, head: Side, benchmark: Benchmark, rng: np.random.Generator) -> Pair:
    """The coin says which goes first; both have the same hash seed, and another than the pair before."""
    start = monotonic()
    base_first = bool(rng.integers(2))
    hash_seed = int(rng.integers(1, 2**32))
    sides = (base, head) if base_first else (head, base)
    if benchmark.type == "time" and all(side.cached(benchmark) for side in sides):
        outcomes = in_turns(sides, benchmark, hash_seed)
    else:
        outcomes = [side.process(benchmark, {}, hash_seed) for side in sides]
    first, second = outcomes if base_first else outcomes[::-1]
    return Pair(first, second, base_first, monotonic() - start)


def in_turns(sides: Sequence[Side], benchmark: Benchmark, hash_seed: int) -> list[Outcome]:
    """Set up a process of each at the same time, and sample them in turns, as in ABBA: what disturbs, disturbs both."""
    with contextlib.ExitStack() as stack:
        samplers = [stack.enter_context(side.sampler(benchmark, hash_seed)) for side in sides]
        for sampler in samplers:
            sampler.set_up()
        number: dict[str, int] = {}
        for sampler in samplers:
            # A sample is so many runs on both sides: how many, the first finds out as it warms up.
            if answer := sampler.run({**WARM_UP, **number}):
                number = {"number": answer["number"]}
        least, most, seconds = TURNS
        deadline = monotonic() + seconds
        for turn in range(most):
            for sampler in samplers if turn % 2 == 0 else samplers[::-1]:
                sampler.take({**SAMPLE, **number, "turn": turn // 2})
            if (turn + 1 >= least and monotonic() > deadline) or not all(sampler.well for sampler in samplers):
                break
        for sampler in samplers:
            sampler.talk.dismiss()
        return [sampler.end() for sampler in samplers]
