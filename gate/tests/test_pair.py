"""A pair of processes whose samples are interleaved: their order, and what becomes of one that does not do well."""

import contextlib
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from asv_gate import comparable, interleaving, pair, sampler
from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.discovery import discover
from asv_gate.outcome import Outcome
from asv_gate.pair import Pair, Side

SUITE = '''
import os
import signal
import sys
import time

WHO = os.environ["WHO"]
runs = 0


def note(what):
    with open(os.environ["LOG"], "a") as log:
        log.write(f"{WHO} {what}\\n")


def in_head(do):
    """From the third run on."""
    global runs
    runs += 1
    if WHO == "head" and runs > 2:
        do()


class Noted:
    def setup(self):
        note("setup")

    def time_it(self):
        note("run")
        time.sleep(0.02)

    def teardown(self):
        note("teardown")


class Cached:
    params = [10, 20]

    def setup_cache(self):
        note("cache")
        return {20: 0.002}

    def setup(self, cache, size):
        self.seconds = cache[size]

    def time_it(self, cache, size):
        time.sleep(self.seconds)


class Many:
    number = 7

    def time_it(self):
        note("run")


def time_prints_and_reads():
    print("no line that was asked for", flush=True)
    assert sys.stdin.read() == ""


def time_raises():
    in_head(lambda: 1 / 0)


def time_hangs():
    in_head(lambda: time.sleep(600))


time_hangs.timeout = 4


def time_leaves():
    in_head(lambda: os._exit(0))


def time_is_killed_but_not_its_worker():
    def die():
        if os.fork():
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)

    in_head(die)


def skip():
    raise NotImplementedError


def time_skips():
    pass


time_skips.setup = lambda: skip() if WHO == "head" else None


def track_variables():
    return len(os.environ["ASV_GATE_PADDING"]) + 1


def time_cannot_be_torn_down():
    pass


time_cannot_be_torn_down.teardown = lambda: 1 / 0 if WHO == "head" else None
'''
SAMPLES = 6
HASH_SEEDS = range(8)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    """The same suite for both, which is told by a variable of its environment who it is."""
    root = tmp_path_factory.mktemp("pair")
    (root / "bench").mkdir()
    (root / "bench" / "__init__.py").touch()
    (root / "bench" / "suite.py").write_text(SUITE)
    suite = Suite("pair", root, root / "bench", "", [], {}, False, 60.0, "")
    made = []
    for who in ("base", "head"):
        folder = root / who
        folder.mkdir()
        variables = {"WHO": who, "LOG": str(root / "log")}
        made.append(Side(suite, Install(who, who, folder, [sys.executable], variables), folder))
    return made[0], made[1]


@pytest.fixture
def log(sides: tuple[Side, Side]) -> Path:
    path = sides[0].suite.root / "log"
    path.unlink(missing_ok=True)
    return path


def measure(sides: tuple[Side, Side], name: str, seed: int = 1) -> Pair:
    found = {each.name: each for each in discover(sides[0].suite, sides[0].install).benchmarks}
    benchmark: Benchmark = found[f"suite.{name}"]
    return pair.measure(*sides, benchmark, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_samples_are_balanced_and_a_sample_is_set_up_by_itself(
    sides: tuple[Side, Side], log: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interleaving, "SAMPLES", (SAMPLES, SAMPLES, 0.0))
    measured = measure(sides, "Noted.time_it", seed)
    assert len(measured.base.samples) == len(measured.head.samples) == SAMPLES
    ratios = [head / base for base, head in zip(measured.base.samples, measured.head.samples, strict=True)]
    assert measured.d == pytest.approx(float(np.median(np.log(ratios))))
    lines = log.read_text().splitlines()
    first, second = ("base", "head") if measured.base_first else ("head", "base")
    runs = [line.split()[0] for line in lines if line.endswith("run")]
    assert set(runs[: runs.index(second)]) == {first}, "it warms up alone"
    assert runs[-2 * SAMPLES :] == [first, second, second, first] * (SAMPLES // 2)
    for who in ("base", "head"):
        own = [line.split()[1] for line in lines if line.startswith(who)]
        after_warming_up = own[-3 * SAMPLES - 1 :]
        assert after_warming_up == ["teardown", *["setup", "run", "teardown"] * SAMPLES]


class Slow:
    """A process each of whose samples takes 9 s of its 60."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.spent, self.taken, self.well = seconds, 0.0, 0, True

    @property
    def has_time(self) -> bool:
        return self.spent + interleaving.SURE * self.seconds < 60.0

    def set_up(self) -> bool:
        return False

    def warm_up(self, number: int | None) -> int:
        self.spent += self.seconds
        return 1

    def take(self, number: int | None, place: int) -> None:
        self.spent += self.seconds
        self.taken += 1

    def dismiss(self) -> None:
        pass

    def end(self) -> Outcome:
        return Outcome((self.seconds,) * self.taken, self.spent)


@pytest.mark.parametrize(("base", "head", "taken"), [(9.0, 11.0, 3), (25.0, 28.0, 1), (0.1, 0.1, 5)])
def test_a_benchmark_that_takes_long_has_fewer_samples_and_does_not_time_out(
    base: float, head: float, taken: int
) -> None:
    """asv, too, stops when it has taken some seconds."""
    outcomes = interleaving.interleaved([Slow(base), Slow(head)], samples=(5, 40, 0.0))  # type: ignore[list-item]
    assert outcomes is not None
    assert [len(each.samples) for each in outcomes] == [taken, taken]
    assert all(each.seconds < 60 for each in outcomes)


def test_coins_are_fair_and_repeatable(sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Side, "sampled", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(pair, "interleaved", lambda sampled, *, alike, samples: [Outcome((1.0,), 1.0)] * 2)
    first = [measure(sides, "Noted.time_it", seed).base_first for seed in HASH_SEEDS]
    assert {True, False} == set(first)
    assert first == [measure(sides, "Noted.time_it", seed).base_first for seed in HASH_SEEDS]


def test_memory_lies_alike_in_a_pair_and_elsewhere_in_the_next(sides: tuple[Side, Side]) -> None:
    """One variable has another length, which moves all that a process allocates after it has read its environment."""
    pairs = [measure(sides, "track_variables", seed) for seed in HASH_SEEDS]
    assert all(each.base.value == each.head.value for each in pairs)
    assert len({each.base.value for each in pairs}) > len(HASH_SEEDS) / 2


def test_what_setup_cache_made_is_made_once(sides: tuple[Side, Side], log: Path) -> None:
    for _ in range(2):
        measured = measure(sides, "Cached.time_it(20)")
        assert not math.isnan(measured.d)
    assert sorted(log.read_text().splitlines()) == ["base cache", "head cache"]


def test_a_setup_that_fails_on_both_sides_is_said_so(sides: tuple[Side, Side]) -> None:
    measured = measure(sides, "Cached.time_it(10)")
    assert "KeyError: 10" in measured.base.error
    assert "KeyError: 10" in measured.head.error
    assert math.isnan(measured.d)


def test_the_suites_own_number_of_runs_in_a_sample_is_kept(sides: tuple[Side, Side], log: Path) -> None:
    measured = measure(sides, "Many.time_it")
    assert measured.base.value is not None
    assert log.read_text().count("head run") % 7 == 0


def test_what_a_benchmark_prints_and_reads_is_none_of_ours(sides: tuple[Side, Side]) -> None:
    measured = measure(sides, "time_prints_and_reads")
    assert not measured.base.error + measured.head.error
    assert not math.isnan(measured.d)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("time_raises", "ZeroDivisionError"),
        ("time_hangs", "timed out after 4 s"),
        ("time_leaves", "ended before its time"),
        ("time_cannot_be_torn_down", "ZeroDivisionError"),
        pytest.param(
            "time_is_killed_but_not_its_worker",
            "exit status -9",
            marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="forks"),
        ),
    ],
)
def test_one_that_fails_in_head_fails_in_head_alone(sides: tuple[Side, Side], name: str, why: str) -> None:
    measured = measure(sides, name)
    assert why in measured.head.error
    assert measured.head.value is None
    assert not measured.base.failed
    assert comparable.why_not(measured.base, measured.head).startswith("fails in head: ")
    assert comparable.breakage(measured.base, measured.head) == measured.head.error
    assert math.isnan(measured.d)


def test_one_that_skips_itself_in_head_is_no_failure(sides: tuple[Side, Side]) -> None:
    measured = measure(sides, "time_skips")
    assert measured.head.skipped
    assert not measured.head.error
    assert not measured.base.failed
    assert not measured.base.skipped


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system has no affinity of CPUs")
def test_a_sample_begins_on_the_next_cpu_and_is_bound_to_none(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = os.sched_getaffinity(0)
    asked: list[set[int]] = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cpus: asked.append(set(cpus)))
    for sample in range(len(usable) + 1):
        sampler.begin_on(sample)
    assert asked[1::2] == [usable] * (len(usable) + 1)
    assert asked[::2] == [{cpu} for cpu in [*sorted(usable), min(usable)]]
