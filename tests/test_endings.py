"""However a team ends, nothing hangs, nothing is left behind, and what went wrong is said."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

import faulty
import psutil
import pytest
import ways
from scripts import script

import kernels

ENDLESS = Path(__file__).parent / "data" / "endless.py"
NEVER_UP = Path(__file__).parent / "data" / "never_up.py"
LEFT_OPEN = Path(__file__).parent / "data" / "left_open.py"
FORKED_BY_WORKER = Path(__file__).parent / "data" / "forked_by_worker.py"

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(60)]  # most of what fails here hangs

every_way = pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
with_processes = pytest.mark.parametrize(("strategy", "start_method"), ways.PROCESSES)
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has them")


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """The file whose order the faulty kernel obeys; none is in it yet."""
    file = tmp_path / "orders"
    file.touch()
    return file


def open_faulty(strategy: str, start_method: str | None, orders: Path) -> kernels.Team:
    ways.need(faulty, strategy)
    return kernels.open(faulty, strategy, workers=2, problem=faulty.Problem(orders, 0, 8), start_method=start_method)


def runs_right(team: kernels.Team) -> bool:
    answer = team.run()
    team.check(answer)
    return bool(answer == 28)


def wait_until_running(process: subprocess.Popen[str], orders: Path | None) -> None:
    """Until the script says it, or the kernel that was ordered to wait does: Ray keeps what its workers print."""
    assert process.stdout is not None
    if orders is None:
        assert process.stdout.readline() == "running\n"
    else:
        while not orders.with_suffix(".running").exists():
            assert process.poll() is None
            time.sleep(0.01)


def told(error: BaseException) -> str:
    """All that an error says: its message, its causes and their tracebacks."""
    return "".join(traceback.format_exception(error))


@every_way
def test_nothing_is_left_after_normal_use(strategy: str, start_method: str | None, orders: Path) -> None:
    with open_faulty(strategy, start_method, orders) as team:
        assert runs_right(team)


@every_way
def test_a_team_that_is_left_open_ends_with_its_program(strategy: str, start_method: str | None, orders: Path) -> None:
    """The last moments of a program are too late: without modules nothing can be closed, nor a thread started."""
    ways.need(faulty, strategy)
    with script(LEFT_OPEN, strategy, start_method or "", str(orders)) as process:
        output, errors = process.communicate(timeout=30)
    assert (output, errors, process.returncode) == ("at its end\n", "", 0)


@every_way
def test_nothing_is_left_after_an_exception_between_runs(strategy: str, start_method: str | None, orders: Path) -> None:
    def use() -> None:
        with open_faulty(strategy, start_method, orders) as team:
            assert runs_right(team)
            raise LookupError

    with pytest.raises(LookupError):
        use()


@every_way
def test_an_exception_in_a_kernel_is_raised_with_its_traceback_and_the_team_goes_on(
    strategy: str, start_method: str | None, orders: Path
) -> None:
    with open_faulty(strategy, start_method, orders) as team:
        for _ in range(2):
            orders.write_text("raise")
            with pytest.raises(ValueError, match=r"^item 0 is bad$") as caught:
                team.run()
            assert "faulty.py" in told(caught.value)
            orders.write_text("")
            assert runs_right(team)


@with_processes
@pytest.mark.parametrize(
    ("order", "name"),
    [("answer unpicklable", "lock"), ("raise unpicklable", "Unpicklable"), ("raise unbuildable", "Unbuildable")],
)
def test_what_cannot_be_sent_back_is_an_error_that_names_its_type(
    order: str, name: str, strategy: str, start_method: str | None, orders: Path
) -> None:
    with open_faulty(strategy, start_method, orders) as team:
        orders.write_text(order)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is up to what the strategy is made of
            team.run()
        assert name in told(caught.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how Pool's own thread ends
@with_processes
def test_an_answer_that_cannot_be_rebuilt_is_an_error(strategy: str, start_method: str | None, orders: Path) -> None:
    with open_faulty(strategy, start_method, orders) as team:
        orders.write_text("answer unbuildable")
        with pytest.raises((TypeError, kernels.WorkerDied)):
            team.run()


@with_processes
def test_a_problem_that_cannot_be_sent_is_an_error_that_names_its_type(strategy: str, start_method: str | None) -> None:
    ways.need(faulty, strategy)
    if (strategy, start_method) == ("shared", "fork"):
        pytest.skip("a fork copies the problem without pickling it")
    problem: Any = faulty.Problem(threading.Lock(), 0, 8)  # type: ignore[arg-type]
    with (
        pytest.raises(Exception) as caught,  # noqa: PT011 - see above
        kernels.open(faulty, strategy, workers=2, problem=problem, start_method=start_method) as team,
    ):
        team.run()
    assert "lock" in told(caught.value)


@posix
def test_tasks_that_cannot_be_sent_are_all_failed_before_the_workers_are_ended() -> None:
    """Else, before Python 3.12, the executor's thread often ends with an error of its own, and ends nothing."""
    problem: Any = faulty.Problem(threading.Lock(), 0, 8)  # type: ignore[arg-type]
    for _ in range(20):
        with (
            pytest.raises(TypeError, match="lock"),
            kernels.open(faulty, "futures", workers=2, problem=problem, start_method="fork") as team,
        ):
            team.run()


@posix
@with_processes
@pytest.mark.parametrize(("order", "code"), [("exit", 7), ("kill", -signal.SIGKILL)])
def test_a_worker_that_dies_closes_the_team(
    order: str, code: int, strategy: str, start_method: str | None, orders: Path
) -> None:
    with open_faulty(strategy, start_method, orders) as team:
        orders.write_text(order)
        with pytest.raises(kernels.WorkerDied, match=ways.death(strategy, code)):
            team.run()
        orders.write_text("")
        with pytest.raises(RuntimeError, match="this team is closed"):
            team.run()


@posix
@with_processes
def test_sigterm_ends_a_worker_whatever_its_parent_does_at_one(
    strategy: str, start_method: str | None, orders: Path
) -> None:
    """A forked worker has its parent's handlers: one that raised had all others wait for ever at a barrier."""
    if strategy in ("mpire", "dask", "ray"):
        pytest.skip("its workers have handlers of the engine's own")
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with open_faulty(strategy, start_method, orders) as team:
            orders.write_text("terminate")
            with pytest.raises(kernels.WorkerDied, match=ways.death(strategy, -signal.SIGTERM)):
                team.run()
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how Pool's own thread ends
@posix
@with_processes
def test_a_worker_that_dies_in_the_middle_of_its_answer_closes_the_team(
    strategy: str, start_method: str | None, orders: Path
) -> None:
    """What reads the answer then waits for the rest of it, unless somebody else sees the death."""
    if strategy in ("mpi", "dask", "ray"):
        pytest.skip("its answers do not go through a pipe of multiprocessing's")
    with open_faulty(strategy, start_method, orders) as team:
        orders.write_text("die in the answer")
        with pytest.raises(kernels.WorkerDied):
            team.run()
        with pytest.raises(RuntimeError, match="this team is closed"):
            team.run()


@posix
@with_processes
def test_a_worker_that_is_killed_while_it_waits_for_work(strategy: str, start_method: str | None, orders: Path) -> None:
    """Another may do its work, and the death not show: but then the answer is right."""
    before = set(psutil.Process().children(recursive=True))
    with open_faulty(strategy, start_method, orders) as team:
        for worker in ways.workers(set(psutil.Process().children(recursive=True)) - before, strategy):
            with contextlib.suppress(psutil.NoSuchProcess):  # an executor that lost one ends the others
                worker.kill()
        try:
            outcome = str(runs_right(team))
        except kernels.WorkerDied as death:
            outcome = str(death)
    assert outcome == "True" or re.search(ways.death(strategy, -signal.SIGKILL), outcome)


@posix
@with_processes
def test_a_death_in_one_team_leaves_another_alone(strategy: str, start_method: str | None, orders: Path) -> None:
    if strategy == "joblib":
        pytest.skip("joblib has one pool, which its teams share")
    ways.need(faulty, strategy)
    dies, lives = (open_faulty(strategy, start_method, file) for file in (orders, Path(os.devnull)))
    with dies, lives:
        orders.write_text("kill")
        with pytest.raises(kernels.WorkerDied):
            dies.run()
        assert runs_right(lives)


@with_processes
def test_workers_that_die_as_they_start(strategy: str, start_method: str | None, tmp_path: Path) -> None:
    file = tmp_path / "deadly.py"
    guard = f"import os\nif os.getpid() != {os.getpid()}: os._exit(7)\n"
    file.write_text(guard + Path(faulty.__file__).read_text())
    ways.need(str(file), strategy)
    if start_method == "fork":
        pytest.skip("a fork does not import the workload again")
    with (
        pytest.raises(kernels.WorkerDied),
        kernels.open(str(file), strategy, workers=2, start_method=start_method) as t,
    ):
        t.run()


@posix
@with_processes
@pytest.mark.parametrize("kernel", ["ends", "never ends"])
def test_ctrl_c_ends_all(kernel: str, strategy: str, start_method: str | None, orders: Path) -> None:
    ways.need(faulty, strategy)
    orders.write_text("wait")
    args = [orders] if kernel == "never ends" else []
    with script(ENDLESS, strategy, start_method or "", *map(str, args)) as process:
        wait_until_running(process, orders if kernel == "never ends" else None)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert process.returncode == -signal.SIGINT


@posix
@with_processes
@pytest.mark.parametrize("kernel", ["ends", "never ends"])
def test_workers_end_where_their_parent_is_killed(
    kernel: str, strategy: str, start_method: str | None, orders: Path
) -> None:
    """Each worker of an executor has both ends of the pipe that tasks come by, and never reads its end of file."""
    if strategy == "ray":
        pytest.skip("agents of Ray's own notice it after a minute")
    ways.need(faulty, strategy)
    orders.write_text("wait")
    args = [orders] if kernel == "never ends" else []
    with script(ENDLESS, strategy, start_method or "", *map(str, args)) as process:
        wait_until_running(process, orders if kernel == "never ends" else None)
        process.kill()


@posix
def test_what_a_worker_forks_ends_with_the_worker() -> None:
    """It has the worker's variables, and of its threads none: the one that watched was the worker's."""
    with script(FORKED_BY_WORKER) as process:
        wait_until_running(process, None)
        process.kill()


@pytest.mark.parametrize("method", ["run", "close"])
def test_ctrl_c_after_any_call_within_a_method_leaves_a_team_that_closes(method: str) -> None:
    """The worst is the lock's acquisition: what has the lock is then not known to have to release it."""
    code = kernels.team.__file__
    calls = 1
    while True:
        seen = 0

        def interrupt(frame: FrameType, event: str, _: object, last: int = calls) -> None:
            nonlocal seen
            seen += event in ("return", "c_return") and frame.f_code.co_filename == code
            if seen == last:
                sys.setprofile(None)
                raise KeyboardInterrupt

        with kernels.open("polynomial", "serial") as team:
            try:
                sys.setprofile(interrupt)
                getattr(team, method)()
            except KeyboardInterrupt:
                calls += 1
            else:
                break
            finally:
                sys.setprofile(None)
        with pytest.raises(RuntimeError, match="closed"):
            team.run()
    assert calls > 3


def test_a_signal_handler_may_not_use_the_team_that_it_interrupts(orders: Path) -> None:
    with open_faulty("serial", None, orders) as team:

        def use(*_: object) -> None:
            for method in (team.run, team.close):
                with pytest.raises(RuntimeError, match="below a signal handler"):
                    method()
            orders.write_text("")

        orders.write_text("signal")
        before = signal.signal(signal.SIGINT, use)
        try:
            assert runs_right(team)
        finally:
            signal.signal(signal.SIGINT, before)
        assert orders.read_text() == ""


@posix
@with_processes
def test_ctrl_c_while_workers_start(strategy: str, start_method: str | None) -> None:
    ways.need("polynomial", strategy)
    if start_method == "fork" or strategy in ways.BY_VALUE:
        pytest.skip("its workers do not import the script again")
    with script(NEVER_UP, strategy, start_method or "") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    if start_method == "spawn":
        assert errors.count("KeyboardInterrupt\n") == 1  # the script's own


@every_way
def test_a_closed_team_says_so(strategy: str, start_method: str | None, orders: Path) -> None:
    team = open_faulty(strategy, start_method, orders)
    team.close()
    team.close()
    with pytest.raises(RuntimeError, match=r"^this team is closed: open another one$"):
        team.run()


@pytest.mark.parametrize("strategy", ["serial", "threaded"])
def test_a_team_runs_in_one_thread_at_a_time(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, may_end = threading.Event(), threading.Event()

    def solve(problem: faulty.Problem) -> int:
        runs.set()
        may_end.wait()
        return len(problem)

    monkeypatch.setattr(faulty, "solve", solve)
    with kernels.open(faulty, strategy, workers=1, size="S") as team:
        other = threading.Thread(target=team.run)
        other.start()
        runs.wait()
        try:
            for forbidden in (team.run, team.close):
                with pytest.raises(RuntimeError, match=r"^this team is running in another thread"):
                    forbidden()
        finally:
            may_end.set()
            other.join()
        assert team.run() == 8
