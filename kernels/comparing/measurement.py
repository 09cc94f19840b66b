"""Measuring a plan: the configurations are interleaved, so that drift of the machine affects all of them alike."""

import contextlib
import dataclasses
import gc
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kernels.comparing.comparison import Comparison, Samples
from kernels.comparing.limit import Hung, limited
from kernels.comparing.plan import Configuration, Plan
from kernels.comparing.verdict import ENOUGH_TO_JUDGE, judge
from kernels.errors import Failed
from kernels.machine import info
from kernels.registry import find_strategy
from kernels.team import Team, open

COLD_SAMPLES = 3
FEWEST_ROUNDS, MOST_ROUNDS = ENOUGH_TO_JUDGE, 30

HUNG = "it hung, and was ended"

T = TypeVar("T")
Times = dict[Configuration, list[float]]
Progress = Callable[[int, int], None]  # told how many runs are done, and of how many


class Endless(Failed):
    """What was measured did not end within its limit. A thread of it may still run: nothing can end a thread."""


def compare(plan: Plan, progress: Progress = lambda done, total: None) -> Comparison:
    """Measure every configuration of the plan, and check every answer.

    Cold samples come first, each with a team of its own. Then all teams are opened, and in every
    round each of them runs once, in an order that is shuffled anew.

    Garbage is collected during the runs, as in any program, since workers collect theirs too. What
    was allocated before is left out of that: it is no part of the work, and no worker process has it.

    Raises
    ------
    Failed
        Where a strategy raises, or gives a wrong answer.
    """
    shuffled = random.Random(plan.seed)
    rounds = plan.rounds or MOST_ROUNDS
    done = 0

    def sample_each(sample: Callable[[Configuration], float], times: Times) -> None:
        nonlocal done
        gc.collect()
        for configuration in shuffled.sample(plan.configurations, len(plan.configurations)):
            with blaming(configuration, plan.limit):
                times[configuration].append(sample(configuration))
            done += 1
            progress(done, (COLD_SAMPLES + plan.warmup + rounds) * len(plan.configurations))

    _start_fork_server(plan)
    cold, warm_up, warm = (Times({each: [] for each in plan.configurations}) for _ in range(3))
    with contextlib.ExitStack() as stack:
        stack.enter_context(_heap_frozen())
        for _ in range(COLD_SAMPLES):
            sample_each(lambda configuration: _cold(plan, configuration), cold)
        teams = {}
        for configuration in plan.configurations:
            with blaming(configuration, plan.limit):
                teams[configuration] = stack.enter_context(_open(plan, configuration))
        seconds = sum(min(times) for times in cold.values())  # at least what a round takes
        for _ in range(plan.warmup):
            begin = time.perf_counter()
            sample_each(lambda configuration: _warm(teams[configuration]), warm_up)
            seconds = time.perf_counter() - begin
        if plan.rounds is None:
            rounds = max(FEWEST_ROUNDS, min(MOST_ROUNDS, int(plan.max_seconds / seconds)))
        for _ in range(rounds):
            sample_each(lambda configuration: _warm(teams[configuration]), warm)
    samples = tuple(Samples(each, cold[each], warm[each]) for each in plan.configurations)
    return Comparison(plan, info.collect(), samples, judge(warm))


@contextlib.contextmanager
def blaming(
    configuration: Configuration, limit: float | None, give_up: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Raise Failed, which names the configuration, for what is raised in the block, or if it takes longer than that.

    Where even that does not end it, `give_up` is called with the message.
    """
    hung = f"{configuration}: {HUNG} after {limit} s"
    try:
        with contextlib.nullcontext() if limit is None else limited(limit, give_up and (lambda: give_up(hung))):
            yield
    except Hung:
        raise Endless(hung) from None
    except Exception as error:
        raise Failed(f"{configuration}: {type(error).__name__}: {error}") from error


def _open(plan: Plan, configuration: Configuration) -> Team:
    return open(
        plan.workload if configuration.chunk is None else with_chunk(plan.workload, configuration.chunk),
        configuration.strategy,
        workers=configuration.workers,
        problem=plan.problem,
        start_method=plan.start_method,
    )


def with_chunk(workload: Any, chunk: int | None) -> Any:
    """The same workload with parts of so many items: one that has a `chunk`, and is a dataclass."""
    return dataclasses.replace(workload, chunk=chunk)


def _start_fork_server(plan: Plan) -> None:
    """Start the fork server, which serves all teams: its start must not count as the first one's cold time."""
    if plan.start_method == "forkserver":
        for configuration in plan.configurations:
            if find_strategy(configuration.strategy).takes_start_method:
                with blaming(configuration, plan.limit):
                    _open(plan, configuration).close()
                return


def _cold(plan: Plan, configuration: Configuration) -> float:
    """Seconds that it takes to open a team and run it once."""
    with contextlib.ExitStack() as stack:

        def open_and_run() -> tuple[Team, Any]:
            team = stack.enter_context(_open(plan, configuration))
            return team, team.run()

        seconds, (team, answer) = _timed(open_and_run)
        team.check(answer)
        return seconds


def _warm(team: Team) -> float:
    """Seconds that a run of an open team takes."""
    seconds, answer = _timed(team.run)
    team.check(answer)
    return seconds


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    """Seconds that `call` takes, and what it returns."""
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


@contextlib.contextmanager
def _heap_frozen() -> Iterator[None]:
    """Leave out of garbage collection what is allocated by now."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
