"""Ranks: under mpiexec and in a team, right answers, and an end to all of them whatever happens to one."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import ways
from leftovers import files, require_gone

import kernels
from kernels.mpi.job import find_mpiexec
from kernels.workloads import stencil

MPIEXEC = find_mpiexec()
SECONDS = 30  # in which everything here must have ended: it takes one or two
FAILING = '''
"""The numbers below n, where the second rank meets with `accident`, in its second run."""
import os, signal, threading
from dataclasses import dataclass

SIZES = {"S": 8, "M": 8, "L": 8}
runs = 0

@dataclass(frozen=True)
class Problem:
    first: int
    last: int
    def __len__(self): return self.last - self.first

def problem(size, seed=0): return Problem(0, 8)
def part(problem, lo, hi): return Problem(problem.first + lo, problem.first + hi)
def empty(problem):
    import numpy as np
    return np.empty(len(problem), int)
def solve(problem, out=None):
    global runs
    runs += 1
    if problem.first == 4 and runs == 2:
        accident()
    out[:] = range(problem.first, problem.last)
    return out
def check(problem, answer): assert list(answer) == list(range(8))
def fail(): raise ValueError("the second rank failed")
def wait():
    print("running", flush=True)
    threading.Event().wait()
def kill(): os.kill(os.getpid(), signal.SIGKILL)
def leave(): os._exit(7)
'''

pytestmark = [
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.timeout(90),
    pytest.mark.skipif(MPIEXEC is None or importlib.util.find_spec("mpi4py") is None, reason="there is no MPI here"),
]


@contextmanager
def launched(*arguments: str, ranks: int = 2) -> Iterator[subprocess.Popen[str]]:
    """``python -m kernels run`` as a job of its own, of which nothing may be left soon after the block has ended."""
    before = {*files(), *ranks_of_anyone()}
    with subprocess.Popen(
        [str(MPIEXEC), "-n", str(ranks), sys.executable, "-m", "kernels", "run", *arguments, "--strategy", "mpi"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()

    def present() -> set[object]:
        return {*files(), *ranks_of_anyone()}

    require_gone(present() - before, present)


def ranks_of_anyone() -> list[psutil.Process]:
    """Hydra's processes, and those that run this package: an orphan is nobody's child."""
    return [process for process in psutil.process_iter(["cmdline"]) if is_of_a_job(process.info["cmdline"] or [])]


def is_of_a_job(words: list[str]) -> bool:
    return any(word.endswith(("hydra_pmi_proxy", "mpiexec")) for word in words[:1]) or words[1:3] == ["-m", "kernels"]


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, errors = process.communicate(timeout=SECONDS)
    return process.returncode, out, errors


@pytest.mark.parametrize("ranks", [1, 3])
@pytest.mark.parametrize("workload", ["queens", "triad", "spmv", "stencil", "histogram", "pipeline"])
def test_under_a_launcher_rank_0_prints_times_and_phases_of_right_answers(workload: str, ranks: int) -> None:
    size = {"triad": "1000", "spmv": "1000", "stencil": "50", "histogram": "70000", "pipeline": "9"}.get(workload, "S")
    with launched(workload, "--size", size, "--json", "--rounds", "2", ranks=ranks) as job:
        code, out, errors = ended(job)
    assert code == 0, errors
    told: dict[str, Any] = json.loads(out)
    assert (told["workload"], told["workers"], told["hosts"], told["answer"]) == (workload, ranks, 1, "right")
    assert len(told["seconds"]) == 2
    assert all(seconds > 0 for seconds in told["seconds"])
    assert told["phases"].keys() >= {"scatter"}
    if workload in ("queens", "triad", "spmv", "stencil"):
        assert told["phases"].keys() >= {"scatter", "compute", "gather"}


@pytest.mark.parametrize(
    ("accident", "said"), [("fail", "the second rank failed"), ("kill", "signal 9|KILLED"), ("leave", "")]
)
def test_a_rank_that_fails_ends_the_whole_job(accident: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "failing.py"
    file.write_text(FAILING.replace("accident()", f"{accident}()"))
    with launched(str(file)) as job:
        code, out, errors = ended(job)
    assert code != 0
    assert any(word in out + errors for word in said.split("|"))
    assert "answer" not in out
    if accident == "fail":
        assert 'raise ValueError("the second rank failed")' in errors
    if accident == "leave":
        assert code == 7


def test_a_wrong_answer_ends_the_job_with_an_error(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(FAILING.replace("accident()", "out[:] = 1; return out"))
    with launched(str(file)) as job:
        code, out, errors = ended(job)
    assert code != 0
    assert "AssertionError" in errors
    assert "answer" not in out


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has them")
def test_ctrl_c_ends_the_whole_job(tmp_path: Path) -> None:
    file = tmp_path / "failing.py"
    file.write_text(FAILING.replace("accident()", "wait()"))
    with launched(str(file)) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "running\n"
        os.killpg(job.pid, signal.SIGINT)
        code, _, _ = ended(job)
    assert code != 0


@pytest.mark.parametrize("wrong", [["--workers", "2"], ["--strategy", "pool"]])
def test_under_a_launcher_the_workers_are_its_ranks(wrong: list[str]) -> None:
    command = [str(MPIEXEC), "-n", "1", sys.executable, "-m", "kernels", "run", "ep", "--strategy", "mpi", *wrong]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 2
    assert "under mpiexec the strategy must be mpi, and the workers are its ranks" in done.stderr


class FailsOnce:
    """The stencil, in whose first run the last rank does something else while its neighbours wait for its halo."""

    def __init__(self, accident: str, done: Path) -> None:
        self.accident, self.done = accident, done

    SIZES = stencil.SIZES
    problem, check, serial = staticmethod(stencil.problem), staticmethod(stencil.check), staticmethod(stencil.serial)
    portion, empty = staticmethod(stencil.portion), staticmethod(stencil.empty)

    @contextmanager
    def mpi(self, rank: Any) -> Iterator[Any]:
        with stencil.mpi(rank) as run:
            yield lambda: self.stumble() if rank.number == 2 and not self.done.exists() else run()

    def stumble(self) -> None:
        self.done.touch()
        if self.accident == "leave":
            os._exit(7)
        raise ValueError("a rank failed")


def test_what_a_rank_raises_while_others_wait_for_it_is_raised_and_the_team_stays_usable(tmp_path: Path) -> None:
    ways.need(stencil, "mpi")
    with kernels.open(FailsOnce("fail", tmp_path / "done"), "mpi", workers=3, size=40) as team:
        with pytest.raises(ValueError, match="a rank failed"):
            team.run()
        team.check(team.run())
        team.check(team.run())


def test_a_rank_that_ends_while_others_wait_for_it_ends_the_team(tmp_path: Path) -> None:
    ways.need(stencil, "mpi")
    with kernels.open(FailsOnce("leave", tmp_path / "done"), "mpi", workers=3, size=40) as team:
        with pytest.raises(kernels.WorkerDied, match="exit code 7"):
            team.run()
        with pytest.raises(RuntimeError, match="closed"):
            team.run()


def test_ranks_sleep_between_runs() -> None:
    before = set(psutil.Process().children(recursive=True))
    with kernels.open("cubes", "mpi", workers=2, size=10) as team:
        team.run()
        ranks = set(psutil.Process().children(recursive=True)) - before
        while any(rank.status() != psutil.STATUS_SLEEPING for rank in ranks):
            pass  # a rank that waits in MPI never sleeps: then this does not end
        assert len(ranks) >= 2
        team.run()


def test_without_mpi4py_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(kernels.Unsupported, match=r"pip install 'parallel-kernels\[mpi\]'"):
        kernels.open("cubes", "mpi")


def test_mpiexec_is_found_beside_this_python_whatever_path_says(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (Path(sys.executable).parent / "mpiexec").exists():
        pytest.skip("the MPI here is the system's")
    monkeypatch.setenv("PATH", os.devnull)
    assert find_mpiexec() == str(Path(sys.executable).parent / "mpiexec")
    assert kernels.run("polynomial", "mpi", workers=2, size=3) == 17
