"""The processes of a commit, and a pair: a fresh process of each commit, whose samples are interleaved."""

import contextlib
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

import numpy as np

from asv_gate import asvlink, processes
from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.change import log_ratio
from asv_gate.interleaving import SampledProcess, Samples, interleaved
from asv_gate.outcome import Outcome, read_outcome

ONCE = {"rounds": 1, "repeat": 1, "number": 1, "warmup_time": 0}


@dataclass
class Side:
    """A commit in one installation, ready to be run; what setup_cache made for it is kept in the folder."""

    suite: Suite
    install: Install
    folder: Path
    cold: set[str] = field(default_factory=set)  # the names of benchmarks that a sampled process has said it of
    ids: Mapping[str, str] = field(default_factory=dict)  # by name asv's, where they are known; see `own`
    _caches: dict[str, tuple[Path | None, str]] = field(default_factory=dict)

    def process(
        self, benchmark: Benchmark, attributes: Mapping[str, object], hash_seed: int, timeout: float | None = None
    ) -> Outcome:
        """A fresh process of the benchmark, which these attributes are given; by default its time-out is its own."""
        limit = benchmark.timeout if timeout is None else timeout
        (outcome,) = run_together([(self, benchmark, attributes, hash_seed)], limit)
        return outcome

    def own(self, benchmark: Benchmark) -> Benchmark:
        """The benchmark as this side has it: asv counts combinations of parameters, and a side may have others."""
        return replace(benchmark, id=self.ids.get(benchmark.name, benchmark.name)) if self.ids else benchmark

    @contextlib.contextmanager
    def sampled(self, benchmark: Benchmark, hash_seed: int) -> Iterator[SampledProcess]:
        """A process of it that has begun to be set up; `samples_warm` has said that it can be."""
        command = asvlink.sampler_command(self.suite, self.install, self.own(benchmark))
        with tempfile.TemporaryDirectory(dir=self.folder) as temporary:
            cwd = self.cache(benchmark)[0] or Path(temporary)
            with processes.talk(command, self.install.environ(hash_seed), cwd) as talk:
                yield SampledProcess(talk, benchmark.timeout)

    def samples_warm(self, benchmark: Benchmark) -> bool:
        """Whether it can be sampled in one process: not what the suite wants cold, nor what has no setup_cache."""
        return not benchmark.cold and benchmark.name not in self.cold and not self.cache(benchmark)[1]

    def cache(self, benchmark: Benchmark) -> tuple[Path | None, str]:
        """The folder of what the benchmark's setup_cache made, if it has one, and what went wrong."""
        key = benchmark.setup_cache
        if key is None:
            return None, ""
        if key not in self._caches:
            folder = Path(tempfile.mkdtemp(prefix="setup_cache-", dir=self.folder))
            ended = processes.run(
                asvlink.setup_cache_command(self.suite, self.install, self.own(benchmark)),
                environ=self.install.environ(0),
                cwd=folder,
                timeout=benchmark.setup_cache_timeout,
            )
            wrong = {None: "its time was up", 0: ""}.get(ended.status, ended.output or f"status {ended.status}")
            self._caches[key] = (folder, wrong)
        return self._caches[key]


def run_together(runs: Sequence[tuple[Side, Benchmark, Mapping[str, object], int]], timeout: float) -> list[Outcome]:
    """A fresh process of each of these benchmarks, with these attributes and this hash seed, all at once."""
    outcomes: dict[int, Outcome] = {}
    commands = []
    with tempfile.TemporaryDirectory() as temporary:
        for i, (side, benchmark, attributes, hash_seed) in enumerate(runs):
            cache, error = side.cache(benchmark)
            if error:
                outcomes[i] = Outcome((), 0.0, f"setup_cache failed:\n{error}")
                continue
            cwd = cache or Path(temporary, f"cwd{i}")
            cwd.mkdir(exist_ok=True)
            result = Path(temporary, f"result{i}.json")
            command = asvlink.run_command(side.suite, side.install, side.own(benchmark), attributes, result)
            commands.append((i, result, (command, side.install.environ(hash_seed), cwd)))
        ended = processes.run_all([command for _, _, command in commands], timeout=timeout)
        for (i, result, _), end in zip(commands, ended, strict=True):
            outcomes[i] = read_outcome(end, result, timeout)
    return [outcomes[i] for i in range(len(runs))]


@dataclass(frozen=True)
class Pair:
    """A process of each side. d = ln(head / base), the median over the samples; NaN where one has none."""

    base: Outcome
    head: Outcome
    base_first: bool
    seconds: float

    @property
    def d(self) -> float:
        base, head = np.array(self.base.samples), np.array(self.head.samples)
        if not len(base) == len(head) > 0:
            return math.nan
        return float(np.median(log_ratio(base, head)))


def measure(
    base: Side,
    head: Side,
    benchmark: Benchmark,
    rng: np.random.Generator,
    other: Benchmark | None = None,
    *,
    samples: Samples | None = None,
    base_first: bool | None = None,
) -> Pair:
    """Measure a pair of one benchmark on two sides; of head another one, where that is given.

    A coin says which goes first, where that is not given; both have the same hash seed, and another than the pair
    before.

    Samples of a timing are interleaved, by default as many as ``interleaving.SAMPLES`` says; but for one that the suite
    wants cold: its processes run one after the other, as asv runs them.
    """
    start = monotonic()
    coin = bool(rng.integers(2))
    base_first = coin if base_first is None else base_first
    hash_seed = int(rng.integers(1, 2**32))
    runs = [(base, benchmark), (head, other or benchmark)]
    runs = runs if base_first else runs[::-1]
    outcomes = None
    if all(each.type == "time" and side.samples_warm(each) for side, each in runs):
        with contextlib.ExitStack() as stack:
            sampled = [stack.enter_context(side.sampled(each, hash_seed)) for side, each in runs]
            outcomes = interleaved(sampled, alike=other is None, samples=samples)
        if outcomes is None:
            for side, each in runs:
                side.cold.add(each.name)
    if outcomes is None:
        outcomes = [as_one(side.process(each, ONCE if each.cold else {}, hash_seed)) for side, each in runs]
    first, second = outcomes if base_first else outcomes[::-1]
    return Pair(first, second, base_first, monotonic() - start)


def as_one(outcome: Outcome) -> Outcome:
    """Its median as its only sample: there may be more of them on one side, and they have no partners."""
    return outcome if outcome.value is None else replace(outcome, samples=(outcome.value,))
