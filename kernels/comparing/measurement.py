"""Comparing strategies on one workload: sampled in turns, so that drift hits all of them alike."""

import contextlib
import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from kernels.comparing.plan import Comparison, Plan, Timing
from kernels.comparing.verdict import ENOUGH_TO_JUDGE, Configuration, judge
from kernels.machine import cpus, info
from kernels.registry import find_strategy, find_workload, require_support, why_not
from kernels.team import Team, default_start_method, make_problem, open

STRATEGIES = ("serial", "threaded", "pool", "shared")
COLD_SAMPLES = 3
WARM_UP_ROUNDS = 2
WARM_SECONDS = 30.0  # the rounds are as many as fit, within these limits
FEWEST_ROUNDS, MOST_ROUNDS = ENOUGH_TO_JUDGE, 30

T = TypeVar("T")
Times = dict[Configuration, list[float]]
Progress = Callable[[int, int], None]  # told how many runs are done, and of how many


class Failed(Exception):
    """A strategy did not run through, or gave a wrong answer; the message says which, and why."""


def plan(
    workload: Any,
    strategies: Sequence[str] = STRATEGIES,
    workers: Sequence[int] | None = None,
    *,
    size: Any = "M",
    start_method: str | None = None,
    seed: int = 0,
    rounds: int | None = None,
) -> Plan:
    """Check what is asked for, and make the problem. Serial is always among the configurations.

    `workers` are by default 1, 2, 4 and so on, up to the usable CPUs. Raises ValueError for bad input.
    """
    workload = find_workload(workload)
    require_support(workload, "serial")
    if workers is None:
        workers = [2**k for k in range(cpus.usable().bit_length())] + [cpus.usable()]
    configurations, left_out = [], {}
    for strategy in dict.fromkeys(("serial", *strategies)):
        reason = why_not(workload, strategy)
        if reason is not None:
            left_out[strategy] = reason
        elif find_strategy(strategy).HAS_WORKERS:
            configurations += [Configuration(strategy, count) for count in sorted(set(workers))]
        else:
            configurations.append(Configuration(strategy, None))
    return Plan(
        workload=workload,
        size=size,
        problem=make_problem(workload, size, seed),
        configurations=tuple(configurations),
        left_out=left_out,
        start_method=start_method or default_start_method(),
        seed=seed,
        rounds=rounds,
    )


def measure(plan: Plan, progress: Progress = lambda done, total: None) -> Comparison:
    """Take all samples, checking every answer. Raises Failed where a strategy fails.

    Cold samples first, each with a team of its own. Then all teams are opened, and in every round
    each of them runs once, in an order that is shuffled anew.

    Garbage is collected as in any program, since workers do it as well; but not among the objects
    that are there before, which are no part of the work and which no worker process has.
    """
    shuffled = random.Random(plan.seed)
    rounds = plan.rounds or MOST_ROUNDS
    done = 0

    def take_turns(sample: Callable[[Configuration], float], times: Times) -> None:
        nonlocal done
        gc.collect()
        for configuration in shuffled.sample(plan.configurations, len(plan.configurations)):
            with _blaming(configuration):
                times[configuration].append(sample(configuration))
            done += 1
            progress(done, (COLD_SAMPLES + WARM_UP_ROUNDS + rounds) * len(plan.configurations))

    _start_fork_server(plan)
    cold, warm_up, warm = (Times({each: [] for each in plan.configurations}) for _ in range(3))
    with contextlib.ExitStack() as stack:
        stack.enter_context(_heap_frozen())
        for _ in range(COLD_SAMPLES):
            take_turns(lambda configuration: _cold(plan, configuration), cold)
        teams = {}
        for configuration in plan.configurations:
            with _blaming(configuration):
                teams[configuration] = stack.enter_context(_open(plan, configuration))
        for _ in range(WARM_UP_ROUNDS):
            begin = time.perf_counter()
            take_turns(lambda configuration: _warm(teams[configuration]), warm_up)
            seconds = time.perf_counter() - begin
        if plan.rounds is None:
            rounds = max(FEWEST_ROUNDS, min(MOST_ROUNDS, int(WARM_SECONDS / seconds)))
        for _ in range(rounds):
            take_turns(lambda configuration: _warm(teams[configuration]), warm)
    timings = tuple(Timing(each, cold[each], warm[each]) for each in plan.configurations)
    return Comparison(plan, info.collect(), timings, judge(warm))


@contextlib.contextmanager
def _blaming(configuration: Configuration) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise Failed(f"{configuration}: {type(error).__name__}: {error}") from error


def _open(plan: Plan, configuration: Configuration) -> Team:
    return open(
        plan.workload,
        configuration.strategy,
        workers=configuration.workers,
        problem=plan.problem,
        start_method=plan.start_method,
    )


def _start_fork_server(plan: Plan) -> None:
    """The server, once up, serves all teams: what it takes to start must not count as one's cold time."""
    if plan.start_method == "forkserver":
        for configuration in plan.configurations:
            if find_strategy(configuration.strategy).TAKES_START_METHOD:
                with _blaming(configuration):
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
    """Leave out of garbage collection all that is there by now."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
