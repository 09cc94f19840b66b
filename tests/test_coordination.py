"""Workloads that coordinate: no update is lost, no halo is old, and nobody waits for a worker that failed."""

import dataclasses
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import ways
from hypothesis import given
from hypothesis import strategies as st
from problems import same
from scipy import ndimage

import kernels
from kernels.contract.coordination import Member
from kernels.workloads import counter, counter_merged, histogram, histogram_merged, stencil

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(60)]

MANY = {counter: 2_500, counter_merged: 2_500, histogram: 70_000, histogram_merged: 70_000, stencil: 40}
FEW = 3
ALL = [way for way in ways.EVERY if way.values[0] in ("serial", "threaded", "pool", "shared")]
TOGETHER = [way for way in ALL if way.values[0] in ("threaded", "shared")]
PROCESSES = [way for way in ALL if way.values[0] in ("pool", "shared")]
SHARED = [way for way in ALL if way.values[0] == "shared"]
WITH_WORKERS = [way for way in ALL if way.values[0] != "serial"]

each_workload = pytest.mark.parametrize("workload", MANY, ids=lambda module: module.__name__.rpartition(".")[2])


@each_workload
@pytest.mark.parametrize(("strategy", "start_method"), ALL)
def test_every_version_gives_the_same_right_answer_run_after_run(
    workload: Any, strategy: str, start_method: str | None
) -> None:
    for workers in ways.WORKERS[start_method]:
        size = FEW if workers > FEW else MANY[workload]
        problem = workload.problem(size, seed=4)
        with kernels.open(workload, strategy, workers=workers, problem=problem, start_method=start_method) as team:
            for _ in range(2):
                answer = team.run()
                team.check(answer)
                assert same(answer, workload.serial(problem))
                if isinstance(answer, np.ndarray):
                    answer.fill(1)  # so that the next run cannot pass by doing nothing


@each_workload
def test_a_problem_has_as_many_items_as_were_asked_for_and_is_read_only(workload: Any) -> None:
    problem = workload.problem(FEW)
    assert len(problem) == FEW
    arrays = [value for value in vars(problem).values() if isinstance(value, np.ndarray)]
    assert not any(array.flags.writeable for array in arrays)


@given(items=st.integers(0, 100), workers=st.integers(1, 20))
def test_shares_are_consecutive_and_even(items: int, workers: int) -> None:
    shares = [Member(rank, workers, None, SimpleNamespace()).share(items) for rank in range(workers)]
    assert [item for share in shares for item in share] == list(range(items))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def random_problem(rows: int) -> stencil.Problem:
    grid = np.random.default_rng(rows).standard_normal((rows + 2 * stencil.RADIUS,) * 2)
    return stencil.Problem(grid, rounds=3)


def test_the_stencil_is_the_published_one_on_any_grid() -> None:
    weights = np.zeros((5, 5))
    weights[2] = [-1 / 8, -1 / 4, 0, 1 / 4, 1 / 8]
    weights += weights.T
    problem = random_problem(rows=50)
    rounds = [ndimage.correlate(problem.grid + k, weights)[2:-2, 2:-2] for k in range(problem.rounds + 1)]
    assert stencil.serial(problem) == pytest.approx(np.sum(rounds, axis=0), abs=1e-12)


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
@pytest.mark.parametrize("strategy", ["threaded", "pool", "shared"])
def test_the_stencil_is_the_same_to_the_last_bit_on_any_grid(strategy: str, workers: int) -> None:
    problem = random_problem(rows=40)
    with kernels.open(stencil, strategy, workers=workers, problem=problem) as team:
        assert same(team.run(), stencil.serial(problem))


class Varied:
    """A workload whose workers do something else when they are first called."""

    def __init__(self, original: Any, *instead: Callable[..., Any]) -> None:
        for name in ("SIZES", "problem", "check", "serial"):
            setattr(self, name, getattr(original, name))
        self._state, self._threaded, self._pool = original.state, original.threaded, original.pool
        self._instead = list(instead)  # for the first call, the second …

    def state(self, problem: Any, workers: int, make: Any) -> dict[str, Any]:
        return {**self._state(problem, workers, make), "meeting": make.barrier(workers)}

    def threaded(self, problem: Any, together: Any) -> Any:
        def everyone(function: Any) -> Any:
            return together.everyone(self._or_instead(function))

        return self._threaded(problem, SimpleNamespace(state=together.state, everyone=everyone))

    shared = threaded

    def pool(self, problem: Any, pool: Any) -> Any:
        def pool_map(function: Any, tasks: Any) -> Any:
            return pool.map(self._or_instead(function), tasks)

        return self._pool(problem, SimpleNamespace(workers=pool.workers, map=pool_map))

    def _or_instead(self, function: Any) -> Any:
        return self._instead.pop(0) if self._instead else function


def increment_without_lock(member: Member) -> None:
    """Everyone reads before anyone writes, as can happen at any time without a lock."""
    for _ in member.share(len(member.problem)):
        read = member.state.total.value
        member.state.meeting.wait()
        member.state.total.value = read + 1
        member.state.meeting.wait()


def merge_without_lock(member: Member) -> None:
    counts = member.state.counts
    merged = counts + histogram.count(histogram.own_values(member))
    member.state.meeting.wait()
    counts[:] = merged


def go_without_halos(member: Member) -> None:
    """The rounds of the stencil on a copy, in which the neighbours' rows stay as they were."""
    rows, last = member.share(len(member.problem)), member.workers - 1
    seen = member.problem.grid[rows.start : rows.stop + 2 * stencil.RADIUS].copy()
    own = slice(stencil.RADIUS if member.rank > 0 else 0, -stencil.RADIUS if member.rank < last else None)
    out = member.state.out[rows.start : rows.stop]
    out[...] = 0
    room = stencil.room_for(len(member.problem))
    for _ in range(member.problem.rounds + 1):
        stencil.add_star(seen, out, room)
        seen[own] += 1


@pytest.mark.parametrize(
    ("workload", "mistake"),
    [(counter, increment_without_lock), (histogram, merge_without_lock), (stencil, go_without_halos)],
    ids=["counter", "histogram", "stencil"],
)
@pytest.mark.parametrize(("strategy", "start_method"), TOGETHER)
def test_what_goes_wrong_without_coordination_is_a_wrong_answer(
    workload: Any, mistake: Any, strategy: str, start_method: str | None
) -> None:
    varied: Any = Varied(workload, mistake)
    with kernels.open(varied, strategy, workers=2, size=40, start_method=start_method) as team:
        wrong = team.run()
        with pytest.raises(kernels.WrongAnswer):
            team.check(wrong)
        if workload is stencil:  # what the check of the original looks at does not show it
            assert wrong.mean() == 2 * (team.problem.rounds + 1)
        team.check(team.run())


def fail(_: Any = None) -> None:
    raise ValueError("a worker failed")


def leave(_: Any = None) -> None:
    os._exit(7)


class Trap:
    """A barrier at which something happens when it is come to for the fourth time: in the middle of a round."""

    def __init__(self, barrier: Any, action: Callable[[], None]) -> None:
        self._barrier, self._action, self._waits = barrier, action, 0

    def wait(self) -> None:
        self._waits += 1
        if self._waits == 4:
            self._action()
        self._barrier.wait()


def stumble(member: Member, action: Callable[[], None]) -> None:
    """The stencil's own work, but one worker does `action` in the second round."""
    if member.rank == 1:
        state = SimpleNamespace(**{**vars(member.state), "barrier": Trap(member.state.barrier, action)})
        member = dataclasses.replace(member, state=state)
    stencil.work(member)


def stumbling(strategy: str, action: Callable[..., None]) -> Any:
    """The stencil, but in the second round of the first run a worker does `action`."""
    if strategy == "pool":
        return Varied(stencil, stencil.whole_star, action)
    return Varied(stencil, partial(stumble, action=action))


@pytest.mark.parametrize(("strategy", "start_method"), WITH_WORKERS)
def test_what_a_worker_raises_in_a_round_is_raised_and_the_team_stays_usable(
    strategy: str, start_method: str | None
) -> None:
    workload = stumbling(strategy, fail)
    with kernels.open(workload, strategy, workers=3, size=40, start_method=start_method) as team:
        with pytest.raises(ValueError, match="a worker failed"):
            team.run()
        team.check(team.run())
        team.check(team.run())


@pytest.mark.parametrize(("strategy", "start_method"), PROCESSES)
def test_a_worker_that_ends_in_a_round_ends_the_team(strategy: str, start_method: str | None) -> None:
    workload = stumbling(strategy, leave)
    with kernels.open(workload, strategy, workers=3, size=40, start_method=start_method) as team:
        with pytest.raises(kernels.WorkerDied, match="exit code 7"):
            team.run()
        with pytest.raises(RuntimeError, match="closed"):
            team.run()


def hold_the_lock(member: Member, action: Callable[[], None]) -> None:
    """One worker does `action` while it holds the lock that the others are about to take."""
    lock, meeting = member.state.total.get_lock(), member.state.meeting
    if member.rank == 1:
        with lock:
            meeting.wait()
            action()
    else:
        meeting.wait()
        with lock:
            member.state.total.value += 1


@pytest.mark.parametrize(("strategy", "start_method"), TOGETHER)
def test_a_worker_that_fails_gives_its_lock_back(strategy: str, start_method: str | None) -> None:
    workload: Any = Varied(counter, partial(hold_the_lock, action=fail))
    with kernels.open(workload, strategy, workers=3, size=40, start_method=start_method) as team:
        with pytest.raises(ValueError, match="a worker failed"):
            team.run()
        team.check(team.run())


@pytest.mark.parametrize(("strategy", "start_method"), SHARED)
def test_a_worker_that_ends_with_the_lock_ends_the_team(strategy: str, start_method: str) -> None:
    workload: Any = Varied(counter, partial(hold_the_lock, action=leave))
    with (
        kernels.open(workload, strategy, workers=3, size=40, start_method=start_method) as team,
        pytest.raises(kernels.WorkerDied, match="exit code 7"),
    ):
        team.run()


def kill_another_and_fail(member: Member) -> None:
    if member.rank == 0:
        member.state.total.value = os.getpid()
        member.state.meeting.wait()
    else:
        while not member.state.meeting.n_waiting:
            pass
        os.kill(member.state.total.value, signal.SIGTERM)
        fail()


@pytest.mark.parametrize(("strategy", "start_method"), SHARED)
def test_nobody_waits_for_one_that_died_at_a_barrier_while_another_failed(strategy: str, start_method: str) -> None:
    workload: Any = Varied(counter, kill_another_and_fail)
    with (
        kernels.open(workload, strategy, workers=2, size=40, start_method=start_method) as team,
        pytest.raises(kernels.WorkerDied),
    ):
        team.run()


def test_ctrl_c_before_all_threads_have_work_leaves_none_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    submit = ThreadPoolExecutor.submit

    def interrupted(executor: ThreadPoolExecutor, function: Any, member: Member, *args: Any) -> Any:
        if member.rank == 1:
            while not member.state.barrier.n_waiting:
                pass
            raise KeyboardInterrupt
        return submit(executor, function, member, *args)

    with kernels.open(stencil, "threaded", workers=2, size=40) as team:
        monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            team.run()


def test_threads_are_there_when_the_team_is() -> None:
    before = threading.active_count()
    with kernels.open(counter, "threaded", workers=3, size=3):
        assert threading.active_count() == before + 3
