"""The benchmarks, as asv runs them: once each, into a results folder of their own."""

import contextlib
import importlib
import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asv.results import Results

import kernels

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # neither the benchmarks nor the tools are installed

from benchmarks.common import STRATEGIES, WORKERS, require  # noqa: E402 - see above
from tools.measure import worth_running  # noqa: E402 - see above

STEP = 1 if os.environ.get("SLOW") == "1" else 5  # so many combinations of a benchmark's parameters, of which one runs
PUBLISHED = Path(__file__).with_name("benchmark_names.txt")
SKIPPED = re.compile(r"asv: skipped: NotImplementedError\(['\"].+['\"]\)")
WRONG = '''
from kernels.workloads import polynomial

from .common import WarmRun

polynomial.solve = lambda problem: -1


class Wrong(WarmRun):
    """Wrong in the process of the benchmark, and right in the workers that it starts."""

    workload = "polynomial"
    size = "S"
    params = (("serial", "pool"), (1, 2))


class Right(WarmRun):
    workload = "strings"
    size = "S"
    params = (("serial",), (1,))
'''


@dataclass(frozen=True)
class Asv:
    """The command on the installed kernels, with all that it writes kept in `home`."""

    home: Path
    benchmarks: Path

    def __call__(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        conf = self.home / "asv.conf.json"
        settings = {"version": 1, "project": "kernels", "repo": str(ROOT), "branches": ["HEAD"]}
        conf.write_text(json.dumps({**settings, "environment_type": "existing", "benchmark_dir": str(self.benchmarks)}))
        (self.home / ".asv-machine.json").write_text('{"test": {"machine": "test"}, "version": 1}')
        return subprocess.run(
            [sys.executable, "-m", "asv", "--config", str(conf), command, "-E", "existing:same", *arguments],
            env={**os.environ, "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self("run", "--quick", "--show-stderr", "--machine=test", "--set-commit-hash=HEAD", *arguments)

    @property
    def found(self) -> dict[str, Any]:
        """The benchmarks that asv found, by name."""
        found: dict[str, Any] = json.loads((self.home / "results" / "benchmarks.json").read_text())
        del found["version"]
        return found

    @property
    def results(self) -> Path:
        (file,) = (self.home / "results" / "test").glob("*-existing-*.json")
        return file

    def names(self) -> dict[str, list[str]]:
        """By benchmark, its name with each combination of its parameters, as asv writes it."""
        return {
            name: [f"{name}({', '.join(chosen)})" if chosen else name for chosen in itertools.product(*found["params"])]
            for name, found in self.found.items()
        }

    def values(self) -> Iterator[tuple[str, float | None]]:
        """Each of these, and its result, of benchmarks that were run."""
        results = json.loads(self.results.read_text())["results"]
        for name, combinations in self.names().items():
            if name in results:
                yield from zip(combinations, results[name][0], strict=True)


@pytest.fixture(scope="module")
def asv(tmp_path_factory: pytest.TempPathFactory) -> Asv:
    asv = Asv(tmp_path_factory.mktemp("asv"), ROOT / "benchmarks")
    discovered = asv("run", "--machine=test", "--bench=just-discover")
    assert discovered.returncode == 0, discovered.stderr
    return asv


def failures(file: Path, benchmarks: Any) -> list[str]:
    """The benchmarks of asv's results that failed, with their parameters: asv writes None for them, NaN for a skip."""
    results = Results.load(str(file))
    return [
        f"{name}({', '.join(chosen)})"
        for name in sorted(results.get_result_keys(benchmarks))
        for chosen, value in zip(
            itertools.product(*benchmarks[name]["params"]),
            results.get_result_value(name, benchmarks[name]["params"]),
            strict=True,
        )
        if value is None
    ]


def test_asv_check_passes(asv: Asv) -> None:
    checked = asv("check")
    assert checked.returncode == 0, checked.stdout
    assert "No problems found" in checked.stdout


@pytest.mark.long
@pytest.mark.timeout(1200)  # a process for each of up to two hundred combinations of parameters
def test_every_benchmark_runs_or_says_why_not_and_keeps_its_name(asv: Asv) -> None:
    """Each of them, and each strategy with several; ``make slow`` runs all combinations of their parameters."""
    worth = worth_running(kernels.cpus())
    if kernels.cpus() > 1:  # with two workers what there is with one, as a process takes half a second
        worth += r"(?!.*\('(?!serial).*, 1\)$)(?!.*\(1, '(?!serial))"
    chosen = []
    for i, combinations in enumerate(asv.names().values()):
        found = [name for name in combinations if re.search(worth, name) or name.startswith("engines.")]
        chosen += found[i % min(STEP, len(found)) :: STEP]
    selected = f"^({'|'.join(map(re.escape, chosen))})$"
    ran = asv.run("--bench", selected)
    assert ran.returncode == 0, ran.stdout
    assert failures(asv.results, asv.found) == []
    values = {name: value for name, value in asv.values() if name in chosen}
    assert list(values) == chosen
    skipped = [name for name, value in values.items() if value is not None and math.isnan(value)]
    assert len(SKIPPED.findall(ran.stdout)) == len(skipped) < len(values)
    assert sorted(asv.found) == PUBLISHED.read_text().splitlines()


def test_what_was_measured_before_can_still_be_read(asv: Asv) -> None:
    """Results are found by the values of their parameters, which may come to be more, and must not be fewer."""
    read = 0
    for file in (ROOT / "results").glob("*/*-*.json"):
        results = Results.load(str(file))
        for name in results.get_all_result_keys():
            before = itertools.product(*results.get_result_params(name))
            now = itertools.product(*asv.found[name]["params"])
            values = dict(zip(now, results.get_result_value(name, asv.found[name]["params"]), strict=True))
            for params, value in zip(
                before, results.get_result_value(name, results.get_result_params(name)), strict=True
            ):
                assert values[params] is value or values[params] == value
                read += 1
    assert read


def test_a_wrong_answer_fails_its_benchmark_and_no_other(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "__init__.py").touch()
    (broken / "wrong.py").write_text(WRONG)
    shutil.copy(ROOT / "benchmarks" / "common.py", broken)
    asv = Asv(tmp_path, broken)
    ran = asv.run()
    assert ran.returncode == 2, ran.stdout
    assert "WrongAnswer: polynomial: the sum is" in ran.stdout
    assert failures(asv.results, asv.found) == ["wrong.Wrong.time_run('serial', 1)"]


@pytest.mark.parametrize("usable", [1, 2, 3, 8])
def test_only_what_would_skip_itself_for_want_of_cpus_is_left_out(usable: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "cpus", lambda: usable)
    for strategy, workers in itertools.product(STRATEGIES, WORKERS):
        selected = re.search(worth_running(usable), f"topic.Class.time_run({strategy!r}, {workers})")
        if selected:
            require("polynomial", strategy, workers)
        else:
            with pytest.raises(NotImplementedError, match=r"no workers|more than"):
                require("polynomial", strategy, workers)


@pytest.mark.parametrize("name", ["memory.Other.track_size", "dispatch.Pool.track_per_task(64, 'map')"])
def test_what_has_no_workers_is_never_left_out(name: str) -> None:
    assert re.search(worth_running(1), name)


@pytest.mark.parametrize(("free", "gil", "fails"), [(0, True, False), (1, False, False), (1, True, True)])
def test_what_ran_with_the_gil_of_a_free_threaded_build_on_fails(
    free: int, gil: bool, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each topic has the `teardown` by which asv finds out: such a time would else pass as one without a GIL."""
    topics = {name.partition(".")[0] for name in PUBLISHED.read_text().splitlines()} - {"python"}
    monkeypatch.setattr(sysconfig, "get_config_var", {"Py_GIL_DISABLED": free}.get)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: gil, raising=False)
    for topic in topics:
        teardown = importlib.import_module(f"benchmarks.{topic}").teardown
        with pytest.raises(RuntimeError, match="the GIL is on") if fails else contextlib.nullcontext():
            teardown("pool", 2)
    assert len(topics) > 5
