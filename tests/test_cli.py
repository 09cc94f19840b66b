"""The command line: list, verify, compare and info."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from leftovers import GONE_SECONDS

import kernels
from kernels.__main__ import main
from kernels.commands import outputs
from kernels.comparing import chart as plot
from kernels.comparing.comparison import as_factor
from kernels.comparing.plan import STRATEGIES
from kernels.machine import blas, cpus, info
from kernels.registry import why_never
from kernels.team import Team
from kernels.workloads import polynomial

draws = pytest.mark.skipif(not plot.is_possible(), reason="charts need the extra plot")
QUICK = ["compare", "polynomial", "--size", "2000", "--rounds", "5"]

OWN_WORKLOAD = """
from dataclasses import dataclass
import multiprocessing, os, threading

SIZES = {"S": 8, "M": 16, "L": 32}

@dataclass(frozen=True)
class Problem:
    numbers: range
    def __len__(self):
        return len(self.numbers)

def problem(size, seed=0):
    return Problem(range(SIZES.get(size, size)))

def part(problem, lo, hi):
    return Problem(problem.numbers[lo:hi])

def solve(problem):
    if multiprocessing.parent_process() is not None:
        in_worker()
    return sum(problem.numbers)

def join(answers):
    return sum(answers)

def check(problem, answer):
    assert answer == len(problem) * (len(problem) - 1) // 2

def in_worker():
    {in_worker}
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What main() sets for a process of its own is set already, and restored after each test."""
    for name in blas.VARIABLES:
        monkeypatch.setenv(name, "1")


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], str]:
    """Write a workload of one's own, which does `in_worker` in a worker process; gives its path."""

    def write(in_worker: str = "pass") -> str:
        path = tmp_path / "own.py"
        path.write_text(OWN_WORKLOAD.replace("{in_worker}", in_worker))
        return str(path)

    return write


def python(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, **more)


def test_nothing_imports_numpy_before_the_command_line_has_limited_blas() -> None:
    python("-c", "import sys, kernels.__main__; assert 'numpy' not in sys.modules")


def test_blas_gets_one_thread_unless_the_environment_says_otherwise() -> None:
    env = {name: value for name, value in os.environ.items() if name not in blas.VARIABLES}
    found = json.loads(python("-m", "kernels", "info", "--json", env=env).stdout)["blas"]
    assert found["variables"] == dict.fromkeys(blas.VARIABLES, "1")
    found = json.loads(python("-m", "kernels", "info", "--json", env=env | {"MKL_NUM_THREADS": "3"}).stdout)["blas"]
    assert found["variables"]["MKL_NUM_THREADS"] == "3"


def test_info_says_the_same_to_people_and_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == info.collect()
    assert found["cpus"]["usable"] == cpus.usable()
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    for said in (found["python"]["version"], found["platform"], found["numpy"], found["scipy"]):
        assert said in text


def test_list_shows_everything_and_its_support(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    for name in (*kernels.workloads(), *kernels.strategies()):
        assert name in text
    assert "Sum of i + i^2 + i^3" in text


def test_list_gives_the_table_of_pairs_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--markdown"]) == 0
    header, line, *rows = [row.strip("| \n").split(" | ") for row in capsys.readouterr().out.splitlines()]
    assert header == ["workload", *kernels.strategies()]
    assert set(line) == {"---"}
    assert [row[0] for row in rows] == list(kernels.workloads())
    for workload, *marks in rows:
        expected = ["-" if why_never(workload, strategy) else "yes" for strategy in kernels.strategies()]
        assert marks == expected


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("solve", "status", "result"),
    [
        (polynomial.solve, 0, "right"),
        (lambda problem: -1, 1, "WRONG: polynomial: the sum is"),
        (lambda problem: 1 // 0, 1, "FAILED: ZeroDivisionError"),
    ],
    ids=["right", "wrong", "failing"],
)
def test_verify_goes_through_all_pairs_whatever_comes_of_one(
    solve: Callable[[Any], int], status: int, result: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(kernels, "workloads", lambda: ("cubes", "polynomial"))
    monkeypatch.setattr(kernels, "strategies", lambda: ("serial", "threaded", "pool", "asyncio"))
    monkeypatch.setattr(polynomial, "solve", solve)  # here; worker processes have the right one
    assert main(["verify", "--size", "100"]) == status
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines() if line]
    assert {(workload, strategy) for workload, strategy, _ in lines[:4]} == {
        ("cubes", strategy) for strategy in kernels.strategies()
    }
    assert [why.split(":")[0] for _, _, why in lines[:4]] == ["right"] * 3 + ["unsupported"]
    assert [why.startswith(result) for _, _, why in lines[4:6]] == [True, True]
    assert lines[6][2] == "right"


@draws
@pytest.mark.usefixtures("nothing_left")
def test_compare_measures_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "times.json"
    chart = tmp_path / "times.svg"
    assert main([*QUICK, "--workers", "1", "2", "--json", str(written), "--plot", str(chart)]) == 0
    assert sorted(tmp_path.iterdir()) == [written, chart]

    found = json.loads(written.read_text())
    assert (found["workload"], found["items"], found["rounds"]) == ("polynomial", 2000, 5)
    assert found["info"] == info.collect()
    named = [(timing["strategy"], timing["workers"]) for timing in found["timings"]]
    assert named == [("serial", None), *((s, n) for s in ("threaded", "pool", "shared") for n in (1, 2))]
    serial = found["timings"][0]
    for timing in found["timings"]:
        assert (len(timing["cold"]), len(timing["warm"])) == (3, 5)
        assert timing["speedup"] == min(serial["warm"]) / min(timing["warm"])
        assert timing["speedup_median"] == serial["median"] / timing["median"]
        at_most = min(timing["workers"] or 1, cpus.usable())
        assert timing["efficiency"] == timing["speedup"] / at_most
        assert timing["efficiency_median"] == timing["speedup_median"] / at_most

    text = capsys.readouterr().out
    assert found["verdict"]["sentence"] in text
    assert all(strategy in text for strategy in STRATEGIES)
    drawn = chart.read_text()
    for timing in found["timings"]:
        assert f"{as_factor(timing['speedup'])}x" in drawn
    for shown in ("polynomial", found["info"]["python"]["version"], "shared, 2 workers"):
        assert shown in drawn


@pytest.mark.parametrize(("option", "start"), [("--json", "{"), ("--markdown", "| strategy"), ("--csv", "strategy,")])
def test_standard_output_is_for_what_was_asked_to_be_written_there(option: str, start: str, capsys: Any) -> None:
    assert main([*QUICK, "--strategies", "threaded", "--workers", "1", option, "-"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(start)
    assert "wins" not in text or option == "--json"


@pytest.mark.parametrize(
    ("terminal", "variables", "colour"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_whose_user_wants_it(
    terminal: bool, variables: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: terminal))
    assert outputs.has_colour() is colour


@draws
def test_compare_draws_png(tmp_path: Path) -> None:
    chart = tmp_path / "times.png"
    assert main([*QUICK, "--strategies", "threaded", "--workers", "1", "--plot", str(chart)]) == 0
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_more_workers_than_cpus_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    many = cpus.usable() + 1
    assert main([*QUICK, "--strategies", "threaded", "--workers", "1", str(many)]) == 0
    text = capsys.readouterr().out
    assert f"{many}*" in text
    assert "1*" not in text


def test_strategies_that_cannot_run_are_left_out_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--strategies", "asyncio"]) == 0
    text = capsys.readouterr().out
    assert f"left out: asyncio, as {kernels.why_not('polynomial', 'asyncio')}" in text
    assert "nothing to compare it with" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "COMMAND"),
        (["compare"], "WORKLOAD"),
        (["compare", "nonesuch"], "workload must be one of"),
        (["compare", "nonesuch.py"], "nonesuch.py"),
        ([*QUICK, "--strategies", "nonesuch"], "invalid choice: 'nonesuch'"),
        ([*QUICK, "--workers", "0"], "--workers: must be an integer of at least 1, not '0'"),
        ([*QUICK, "--workers", "1", "two"], "--workers: must be an integer of at least 1, not 'two'"),
        ([*QUICK, "--size", "XL"], "size must be one of S, M, L"),
        ([*QUICK, "--size", "0"], "size must be one of S, M, L"),
        ([*QUICK, "--rounds", "0"], "--rounds: must be an integer of at least 1, not '0'"),
        ([*QUICK, "--seed", "-1"], "seed must be an integer of at least 0, not -1"),
        ([*QUICK, "--start-method", "nonesuch"], "invalid choice: 'nonesuch'"),
        ([*QUICK, "--plot", "times.pdf"], "must end in .png or .svg, not 'times.pdf'"),
        pytest.param(
            [*QUICK, "--plot", "nonesuch/times.png"],
            "'nonesuch/times.png' cannot be written: No such file",
            marks=draws,
        ),
        ([*QUICK, "--json", "nonesuch/times.json"], "'nonesuch/times.json' cannot be written: No such file"),
        ([*QUICK, "--json", "."], "'.' cannot be written: Is a directory"),
        ([*QUICK, "--csv", "-", "--markdown", "-"], "--markdown and --csv cannot both be written to standard output"),
        (["verify", "--size", "XL"], "size must be one of S, M, L"),
        (["verify", "--workers", "1.5"], "--workers: must be an integer of at least 1, not '1.5'"),
    ],
)
def test_bad_input_is_refused_before_anything_starts(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Team, "__init__", None)
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_chart_is_refused_at_once_where_nothing_can_draw_it(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(plot, "NEEDS", ("a_module_that_is_not_installed",))
    monkeypatch.setattr(Team, "__init__", None)
    with pytest.raises(SystemExit) as exit:
        main([*QUICK, "--plot", "times.png"])
    assert exit.value.code == 2
    assert "pip install 'parallel-kernels[plot]'" in capsys.readouterr().err


@pytest.mark.usefixtures("nothing_left")
def test_a_wrong_answer_ends_a_comparison(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    monkeypatch.setattr(polynomial, "join", lambda answers: sum(answers) + 1)
    assert main([*QUICK, "--strategies", "threaded", "--workers", "2", "--json", str(tmp_path / "times.json")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("python -m kernels: error: threaded with 2 workers: WrongAnswer: polynomial: the sum is")
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("in_worker", "told"), [("1 // 0", "ZeroDivisionError: "), ("os._exit(3)", "WorkerDied: worker 1 of 1 ended")]
)
def test_a_failing_worker_ends_a_comparison(
    in_worker: str, told: str, own: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", own(in_worker), "--strategies", "pool", "--workers", "1"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"python -m kernels: error: pool with 1 worker: {told}")
    assert error.count("\n") == 1


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_a_workload_of_ones_own_is_compared(
    method: str, own: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", own(), "--rounds", "5", "--workers", "2", "--start-method", method]) == 0
    assert capsys.readouterr().out.startswith("own, size M (16 items)")


@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups and their signals")
def test_ctrl_c_ends_all_that_runs(own: Callable[[str], str]) -> None:
    path = own("print('running', flush=True); threading.Event().wait()")
    command = [sys.executable, "-m", "kernels", "compare", path, "--strategies", "pool", "--workers", "2"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, start_new_session=True, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        while "running" not in process.stdout.readline():
            assert process.poll() is None, process.communicate()
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers get it too
        _, error = process.communicate()
    assert (process.returncode, error) == (130, "interrupted\n")
    _, alive = psutil.wait_procs(family, timeout=GONE_SECONDS)
    assert alive == []
