"""The gate measures what asv measures, whatever a benchmark looks like: on a clock that only its calls move."""

import importlib
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapes

from asv_gate import interleaving, pair, sampler
from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.discovery import discover
from asv_gate.pair import Side

# By benchmark, the setups, calls and teardowns in a sample of the gate, and whether it is cold.
IN_A_SAMPLE = {
    "shapes.time_function": (0, 1 + 10, 0),  # a tenth of the calls first, to warm up the CPU that it has moved to
    "shapes.time_slow": (0, 1, 0),
    "shapes.time_function_with_setup": (7, 7, 0),
    "shapes.Plain.time_it": (0, 366 + 3666, 0),
    "shapes.WithSetup.time_it": (7, 7, 7),
    "shapes.MicroWithSetup.time_it": (2440, 2440, 0),
    "shapes.DearSetup.time_it": (1, 1, 0),
    "shapes.Cached.time_it": (0, 1 + 10, 0),
    "shapes.CachedWithSetupAndParams.time_it-0": (7, 7, 0),
    "shapes.CachedWithSetupAndParams.time_it-3": (3, 3, 0),
    "shapes.Params.time_it-1": (0, 5, 0),
    "shapes.Number.time_it": (0, 14, 0),
    "shapes.NumberWithSetup.time_it": (7, 7, 7),
    "shapes.Repeat.time_it": (0, 1 + 10, 0),
    "shapes.RepeatTuple.time_it": (0, 1 + 10, 0),
    "shapes.SampleTime.time_it": (0, 4 + 49, 0),
    "shapes.WarmUp.time_it": (0, 1 + 10, 0),
    "shapes.EveryOther.time_it": (0, 1 + 10, 0),
    "shapes.NoWarmUp.time_it": (0, 1 + 10, 0),
    "shapes.Rounds.time_it": (0, 1 + 10, 0),
    "modules.time_after_a_setup_of_the_module": (7, 7, 0),
}
COLD = [
    "shapes.Cold.time_it",
    "shapes.ColdWithSetup.time_it",
    "shapes.ColdTuple.time_it",
    "shapes.FirstThree.time_it",
    "shapes.ColdBySetup.time_it",
]


@pytest.fixture
def open_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A benchmark of asv's runner in this process; the suite and asv's clock are gone after the test."""
    from asv_runner import discovery
    from asv_runner.benchmarks import time

    folder = shapes.write(tmp_path / "bench_of_shapes", "virtual")
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(time, "wall_timer", time.wall_timer)

    def opened(name: str) -> Any:
        for module in [module for module in sys.modules if module.startswith("bench_of_shapes")]:
            monkeypatch.delitem(sys.modules, module)
        benchmark = discovery.get_benchmark_from_name(str(folder), name)
        if benchmark.setup_cache_key is not None:
            benchmark.set_cache(benchmark.do_setup_cache())
        benchmark.do_setup()
        return benchmark

    return opened


@pytest.mark.parametrize("name", IN_A_SAMPLE)
def test_a_sample_has_the_calls_and_the_setups_that_asv_would_make(
    name: str, open_benchmark: Callable[[str], Any]
) -> None:
    theirs = sampler.median(open_benchmark(name).do_run()["samples"])
    benchmark = open_benchmark(name)
    assert not sampler.is_cold(benchmark)
    number = sampler.warm_up(benchmark, None)
    events: list[str] = importlib.import_module("bench_of_shapes.shapes").events
    events.clear()
    ours = sampler.sample(benchmark, 0, number)
    counted = Counter(events)
    assert (counted["setup"], counted["call"], counted["teardown"]) == IN_A_SAMPLE[name]
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("name", COLD)
def test_what_the_suite_wants_cold_is_known_once_it_is_set_up(name: str, open_benchmark: Callable[[str], Any]) -> None:
    assert sampler.is_cold(open_benchmark(name))


def test_every_shape_is_asked_for(tmp_path: Path) -> None:
    asked = {name.partition("-")[0] for name in [*IN_A_SAMPLE, *COLD]}
    raw = {"raw.Raw.timeraw_it", "raw.RawWithSetup.timeraw_it"}
    assert {benchmark.id.partition("-")[0] for benchmark in discovered(side(tmp_path)).values()} == asked | raw


def side(tmp_path: Path) -> Side:
    """The suite on the virtual clock, in processes of this Python."""
    bench = shapes.write(tmp_path / "bench", "virtual")
    suite = Suite("shapes", tmp_path, bench, "", [], {}, False, 60.0, "")
    folder = tmp_path / "side"
    folder.mkdir()
    return Side(suite, Install("0", "a", folder, [sys.executable], {}), folder)


def discovered(of: Side) -> dict[str, Benchmark]:
    return {benchmark.id: benchmark for benchmark in discover(of.suite, of.install).benchmarks}


def test_processes_of_a_pair_give_what_a_process_of_asv_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleaving, "SAMPLES", (2, 2, 0.0))
    of = side(tmp_path)
    found = discovered(of)
    for name in [
        "shapes.WithSetup.time_it",
        "shapes.CachedWithSetupAndParams.time_it-3",
        "shapes.NoWarmUp.time_it",
        *COLD,
    ]:
        measured = pair.measure(of, of, found[name], np.random.default_rng(1))
        theirs = of.process(found[name], {}, hash_seed=1)
        assert not theirs.error, theirs.error
        assert measured.base.value == pytest.approx(theirs.value, rel=1e-9), name
        assert measured.d == pytest.approx(0, abs=1e-9), name
        assert (found[name].name in of.cold) == (name in COLD)


@pytest.mark.parametrize("name", ["raw.Raw.timeraw_it", "raw.RawWithSetup.timeraw_it"])
def test_raw_timings_are_of_processes_of_their_own(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleaving, "SAMPLES", (2, 2, 0.0))
    of = side(tmp_path)
    measured = pair.measure(of, of, discovered(of)[name], np.random.default_rng(1))
    assert measured.base.value
    assert len(measured.base.samples) == 2
