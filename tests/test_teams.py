"""Whatever the strategy, the workers and the start method: the right answer, again and again."""

import threading
from typing import Any

import numpy as np
import pytest
import ways
from hypothesis import example, given, settings
from hypothesis import strategies as st
from problems import COORDINATED, INDEPENDENT, contents, same, seeds, sizes_of

import kernels
from kernels.machine import cpus

# Random examples for each pair of workload and strategy: fewer where workers take longer to start.
EXAMPLES = {None: 10, "fork": 5, "forkserver": 2, "spawn": 1}
SLOW = (*ways.BY_THEMSELVES, "mpire")  # to start, whatever way they do it
ENGINES = [way for way in ways.EVERY if way.values[0] in SLOW and way.values[0] != "mpi"]

# Every workload has one of the engines, each of which takes seconds; test_few_items has all pairs of workload and
# strategy too, and make slow has all cases.
CASES = [
    pytest.param(name, *way.values, id=f"{way.id}-{name}")
    for i, name in enumerate(INDEPENDENT)
    for way in ways.EVERY
    if ways.IN_FULL or way not in ENGINES or way is ENGINES[i % len(ENGINES)]
]

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.long]


def spoil(answer: Any) -> None:
    """Overwrite an array, so that the next run cannot pass by doing nothing."""
    if isinstance(answer, np.ndarray):
        answer.fill(1)


@pytest.mark.parametrize(("name", "strategy", "start_method"), CASES)
def test_a_team_answers_as_serial_does_run_after_run_and_leaves_the_problem_alone(
    name: str, strategy: str, start_method: str | None
) -> None:
    ways.need(name, strategy)
    workload = kernels.workload(name)

    @settings(max_examples=1 if strategy in SLOW else EXAMPLES[start_method])
    @given(size=sizes_of(name), seed=seeds, workers=st.integers(1, 4))
    @example(size=8, seed=1, workers=2)
    @example(size=1, seed=2, workers=3).via("more workers than items")
    def holds(size: int, seed: int, workers: int) -> None:
        problem = kernels.problem(name, size, seed)
        expected = workload.solve(kernels.problem(name, size, seed))
        before = contents(problem)
        with kernels.open(name, strategy, workers=workers, problem=problem, start_method=start_method) as team:
            for _ in range(2):
                answer = team.run()
                team.check(answer)
                assert same(answer, expected)
                spoil(answer)
        assert contents(problem) == before

    holds()


@pytest.mark.parametrize("name", COORDINATED)
@pytest.mark.parametrize("strategy", kernels.strategies())
def test_workers_that_act_together_give_the_right_answer_run_after_run(name: str, strategy: str) -> None:
    ways.need(name, strategy)
    with kernels.open(name, strategy, workers=2, size="S") as team:
        for _ in range(2):
            team.check(team.run())


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_run_does_it_all_in_one_call(strategy: str, start_method: str | None) -> None:
    ways.need("polynomial", strategy)
    answer = kernels.run("polynomial", strategy, workers=2, size=10, start_method=start_method)
    assert answer == sum(i + i**2 + i**3 for i in range(10))


@pytest.mark.parametrize(("strategy", "start_method"), ways.EVERY)
def test_teams_may_be_open_at_the_same_time(strategy: str, start_method: str | None) -> None:
    ways.need("polynomial", strategy)
    one = kernels.open("polynomial", strategy, workers=2, size=100, start_method=start_method)
    two = kernels.open("polynomial", strategy, workers=1, size=200, start_method=start_method)
    with one, two:
        for team in (one, two, one):
            team.check(team.run())
        one.close()
        two.check(two.run())


def test_a_team_says_what_it_is() -> None:
    with kernels.open("cubes", "shared", workers=np.int64(2), size=10) as team:
        assert (team.strategy, team.workers, len(team.problem)) == ("shared", 2, 10)
        assert team.start_method in {"forkserver", "spawn"}  # fork, unsafe with threads, is never the default
        assert repr(team) == "<team: cubes, shared, 2 workers>"
    assert repr(team) == "<team: cubes, shared, closed>"


def test_serial_has_no_workers_and_threads_have_no_start_method() -> None:
    with kernels.open("cubes", "serial", workers=3, size=10, start_method="spawn") as team:
        assert (team.workers, team.start_method) == (1, None)
    with kernels.open("cubes", "threaded", workers=3, size=10, start_method="spawn") as team:
        assert (team.workers, team.start_method) == (3, None)


def test_there_are_as_many_workers_as_usable_cpus_by_default() -> None:
    with kernels.open("cubes", "threaded", size=10) as team:
        assert team.workers == cpus.usable()


def test_threads_are_started_when_the_team_opens() -> None:
    before = threading.active_count()
    with kernels.open("cubes", "threaded", workers=3, size=10):
        assert threading.active_count() == before + 3


@pytest.mark.parametrize("name", kernels.workloads())
def test_the_size_is_s_and_the_seed_0_by_default(name: str) -> None:
    address = {"port": 0}  # of what a workload has running, which its problem only has in a team
    with kernels.open(name) as team:
        assert contents(team.problem) | address == contents(kernels.problem(name, "S", 0)) | address
