"""Compare strategies on one workload, sampled in turns, so that drift hits all of them alike."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from kernels.verdict import Configuration, Verdict, judge
from kernels.workload import Problem

STRATEGIES = ("serial", "threaded", "pool", "shared")
COLD_SAMPLES = 3
WARM_UP_ROUNDS = 2
WARM_SECONDS = 30.0  # the rounds are as many as fit, within these limits
FEWEST_ROUNDS, MOST_ROUNDS = 5, 30

T = TypeVar("T")
Progress = Callable[[int, int], None]  # told how many runs are done, and of how many


class Failed(Exception):
    """A strategy did not run through, or gave a wrong answer; the message says which, and why."""


@dataclass(frozen=True)
class Plan:
    """What is to be measured, checked and ready; `left_out` has the strategies that cannot run, and why."""

    workload: Any
    size: Any
    problem: Problem
    configurations: tuple[Configuration, ...]
    left_out: dict[str, str]
    start_method: str
    seed: int
    rounds: int | None


@dataclass(frozen=True)
class Timing:
    """Seconds that one configuration took: `cold` samples, and `warm` ones by round."""

    configuration: Configuration
    cold: tuple[float, ...]
    warm: tuple[float, ...]

    @property
    def cold_median(self) -> float:
        return statistics.median(self.cold)

    @property
    def best(self) -> float:
        return min(self.warm)

    @property
    def median(self) -> float:
        return statistics.median(self.warm)


@dataclass(frozen=True)
class Comparison:
    """What was measured; the first timing is that of serial, to which speedups are relative."""

    plan: Plan
    info: dict[str, Any]
    timings: tuple[Timing, ...]
    verdict: Verdict | None

    @property
    def rounds(self) -> int:
        return len(self.timings[0].warm)

    def speedup(self, timing: Timing) -> float:
        """By the best times, since what disturbs a run only ever makes it longer."""
        return self.timings[0].best / timing.best

    def efficiency(self, timing: Timing) -> float:
        return self.speedup(timing) / self._cpus(timing)

    def oversubscribed(self, timing: Timing) -> bool:
        return (timing.configuration.workers or 1) > self.info["cpus"]["usable"]

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON; times in seconds."""
        plan, verdict = self.plan, self.verdict
        return {
            "workload": name_of(plan.workload),
            "size": plan.size,
            "items": len(plan.problem),
            "seed": plan.seed,
            "start_method": plan.start_method,
            "rounds": self.rounds,
            "info": self.info,
            "left_out": plan.left_out,
            "timings": [self._as_dict(timing) for timing in self.timings],
            "verdict": verdict and asdict(verdict) | {"clear": verdict.clear, "sentence": str(verdict)},
        }

    def _as_dict(self, timing: Timing) -> dict[str, Any]:
        speedup_median = self.timings[0].median / timing.median
        return {
            "strategy": timing.configuration.strategy,
            "workers": timing.configuration.workers,
            "oversubscribed": self.oversubscribed(timing),
            "cold": timing.cold,
            "warm": timing.warm,
            "cold_median": timing.cold_median,
            "best": timing.best,
            "median": timing.median,
            "speedup": self.speedup(timing),
            "efficiency": self.efficiency(timing),
            "speedup_median": speedup_median,
            "efficiency_median": speedup_median / self._cpus(timing),
        }

    def _cpus(self, timing: Timing) -> int:
        """As many CPUs as its workers can keep busy."""
        return min(timing.configuration.workers or 1, self.info["cpus"]["usable"])


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
    """
    order = random.Random(plan.seed)
    cold: dict[Configuration, list[float]] = {configuration: [] for configuration in plan.configurations}
    warm: dict[Configuration, list[float]] = {configuration: [] for configuration in plan.configurations}
    rounds = plan.rounds or MOST_ROUNDS
    done = 0

    def turns() -> Iterator[Configuration]:
        """Each configuration once; whatever is done with it counts as one run."""
        nonlocal done
        gc.collect()
        for configuration in order.sample(plan.configurations, len(plan.configurations)):
            with _blaming(configuration):
                yield configuration
            done += 1
            progress(done, (COLD_SAMPLES + WARM_UP_ROUNDS + rounds) * len(plan.configurations))

    _start_fork_server(plan)
    for _ in range(COLD_SAMPLES):
        for configuration in turns():
            cold[configuration].append(_cold(plan, configuration))
    with contextlib.ExitStack() as stack:
        teams = {}
        for configuration in plan.configurations:
            with _blaming(configuration):
                teams[configuration] = stack.enter_context(_open(plan, configuration))
        for _ in range(WARM_UP_ROUNDS):
            begin = time.perf_counter()
            for configuration in turns():
                _warm(teams[configuration])
            seconds = time.perf_counter() - begin
        if plan.rounds is None:
            rounds = max(FEWEST_ROUNDS, min(MOST_ROUNDS, int(WARM_SECONDS / seconds)))
        for _ in range(rounds):
            for configuration in turns():
                warm[configuration].append(_warm(teams[configuration]))
    timings = tuple(Timing(each, tuple(cold[each]), tuple(warm[each])) for each in plan.configurations)
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
    """Seconds that `call` takes, and what it returns; no garbage is collected meanwhile, as in timeit."""
    gc.disable()
    try:
        begin = time.perf_counter()
        result = call()
        return time.perf_counter() - begin, result
    finally:
        gc.enable()
