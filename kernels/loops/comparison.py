"""How a function and its items are compared under the strategies: tried, planned, measured."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kernels.comparing import measurement, tables
from kernels.comparing.measurement import Progress, blaming
from kernels.comparing.plan import Configuration, Plan, configured
from kernels.contract.parts import PARTS_PER_WORKER
from kernels.errors import Failed
from kernels.loops import finding, granularity
from kernels.loops.naming import Names
from kernels.loops.result import Result
from kernels.loops.sample import KEPT, listed
from kernels.loops.trial import Trial, silent, tried
from kernels.machine import cpus
from kernels.registry import find_strategy
from kernels.team import checked_start_method, checked_workers, open

ONE_PART_EACH = ("process",)  # strategies that hand each worker one part, whatever the chunk
ROUNDS_SECONDS = 15.0
UNEVEN = 1.25  # how much longer than the mean the longest part may take before smaller chunks are tried
FINER = (4, 16)  # times as many parts
SHORTEST_PART = 2e-4  # seconds: shorter ones are lost to being handed out


def compared(
    function: Any,
    items: Any,
    workers: Sequence[int] | None,
    *,
    strategies: Sequence[str],
    reduce: Any,
    check: Any,
    rtol: float | None,
    vectorized: bool,
    chunk: int | None,
    start_method: str | None,
    seed: int,
    rounds: int | None,
    warmup: int,
    max_time: float | None,
    limit: float,
    progress: Progress,
    give_up: Callable[[str], None] | None = None,
) -> Result:
    """The same, for the command line too, where what cannot be ended ends the process by `give_up`."""
    function_at = function if isinstance(function, str) else None
    items_at = items if isinstance(items, str) else None
    function = finding.function(function) if isinstance(function, str) else function
    items = finding.items(items) if isinstance(items, str) else items
    _require_sound(function, reduce=reduce, check=check, rtol=rtol, chunk=chunk, limit=limit)
    _require_plan(strategies, workers, rounds)
    for strategy in strategies:
        find_strategy(strategy)
    start_method = checked_start_method(start_method)
    counts = None if workers is None else [checked_workers(count) for count in workers]
    most = max(counts or [cpus.usable()])
    given, notes = listed(items, vectorized)
    trial = tried(
        function,
        given,
        reduce=reduce,
        check=check,
        rtol=rtol,
        vectorized=vectorized,
        chunk=chunk,
        most_workers=most,
        limit=limit,
        give_up=give_up,
    )
    loop = trial.loop
    configurations, left_out = configured(loop, strategies, counts)
    configurations = _one_pool(configurations)
    plan = Plan(
        workload=loop,
        size=len(loop.sample),
        problem=loop.problem(len(loop.sample)),
        configurations=configurations,
        left_out=left_out,
        start_method=start_method,
        seed=seed,
        rounds=rounds,
        warmup=warmup,
        max_seconds=ROUNDS_SECONDS if max_time is None else max_time,
        limit=limit,
    )
    with silent(loop):
        plan = _without_failing(plan, give_up)
        plan = _with_finer_chunks(plan, trial)
        notes += trial.notes
        notes += _grains(plan, trial)
        comparison = measurement.compare(plan, progress)
    size = f"all of the {len(given)} items" if len(loop.sample) == len(given) else _part_of(loop.sample, given)
    told = f"{size}, {tables.duration(trial.seconds_per_item)} an item"
    is_listed = isinstance(items, KEPT) or hasattr(items, "dtype")
    names = Names.of(function, items if items_at is None else None, function_at, items_at, is_listed=is_listed)
    return Result(comparison, trial, names, (told, *notes), trial.checked)


def _part_of(sample: Any, given: Any) -> str:
    return f"a sample of {len(sample)} of the {len(given)} items, from all over them"


def _require_sound(function: Any, *, reduce: Any, check: Any, rtol: Any, chunk: Any, limit: Any) -> None:
    if not callable(function):
        raise ValueError(f"function must be a function or {finding.FUNCTION}, not {function!r}")
    if reduce is not None and not callable(reduce):
        raise ValueError(f"reduce must be sum or a function of two answers, not {reduce!r}")
    if check is not None and check != "none" and not callable(check):
        raise ValueError(f"check must be a function of the items and the answer, or 'none', not {check!r}")
    if rtol is not None and not (isinstance(rtol, numbers.Real) and 0 <= float(rtol) < 1):
        raise ValueError(f"rtol must be a number from 0 to below 1, not {rtol!r}")
    if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
        raise ValueError(f"chunk must be an integer of at least 1, not {chunk!r}")
    if not (isinstance(limit, numbers.Real) and float(limit) > 0):
        raise ValueError(f"limit must be seconds above 0, not {limit!r}")


def _require_plan(strategies: Any, workers: Any, rounds: Any) -> None:
    for name, value, of in (("strategies", strategies, "names"), ("workers", workers, "integers")):
        if value is not None and (isinstance(value, str) or not isinstance(value, Iterable)):
            raise ValueError(f"{name} must be a list of {of}, not {value!r}")
    if rounds is not None and (isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1):
        raise ValueError(f"rounds must be an integer of at least 1, not {rounds!r}")


def _one_pool(configurations: tuple[Configuration, ...]) -> tuple[Configuration, ...]:
    """Joblib has one pool in a process: teams of other sizes in turn would have it start workers in each run."""
    most = max((each.workers or 0 for each in configurations), default=0)
    return tuple(each for each in configurations if each.strategy != "joblib" or each.workers == most)


def _at_most_workers(plan: Plan) -> list[Configuration]:
    """Each strategy but serial, with as many workers as are compared."""
    last = {each.strategy: each for each in plan.configurations if each.workers is not None}
    return list(last.values())


def _without_failing(plan: Plan, give_up: Callable[[str], None] | None) -> Plan:
    """Try each strategy once: one that fails, hangs or gives another answer is left out, with the reason."""
    failing = {}
    for configuration in _at_most_workers(plan):
        try:
            with blaming(configuration, plan.limit, give_up):
                _run_once(plan, configuration)
        except Failed as error:
            failing[configuration.strategy] = " ".join(str(error).split()).partition(": ")[2]
    return dataclasses.replace(
        plan,
        configurations=tuple(each for each in plan.configurations if each.strategy not in failing),
        left_out=plan.left_out | failing,
    )


def _run_once(plan: Plan, configuration: Configuration) -> None:
    try:
        with open(
            plan.workload,
            configuration.strategy,
            workers=configuration.workers,
            problem=plan.problem,
            start_method=plan.start_method,
        ) as team:
            team.check(team.run())
    except SystemExit as error:
        raise RuntimeError(f"a worker called sys.exit({error.code!r})") from error


def _with_finer_chunks(plan: Plan, trial: Trial) -> Plan:
    """Add smaller chunks where parts of the usual size take unequal times, so that workers wait for others."""
    loop = trial.loop
    if loop.chunk is not None or trial.longest < UNEVEN:
        return plan
    more = []
    for each in _at_most_workers(plan):
        if each.strategy in ONE_PART_EACH:
            continue
        usual = -(-len(loop.sample) // (PARTS_PER_WORKER * (each.workers or 1)))
        sizes = {-(-usual // finer) for finer in FINER}
        more += [
            dataclasses.replace(each, chunk=size)
            for size in sorted(sizes, reverse=True)
            if size < usual and size * trial.seconds_per_item >= SHORTEST_PART
        ]
    strategies = list(dict.fromkeys(each.strategy for each in plan.configurations))
    ordered = sorted((*plan.configurations, *more), key=lambda each: strategies.index(each.strategy))
    return dataclasses.replace(plan, configurations=tuple(ordered))


def _grains(plan: Plan, trial: Trial) -> list[str]:
    """The warning that an item is too short to be handed out by itself."""
    if trial.seconds_per_item >= granularity.SHORT_SECONDS or trial.loop.vectorized:
        return []
    handing_out = [each for each in _at_most_workers(plan) if each.strategy not in ONE_PART_EACH]
    found = granularity.half_efficient(handing_out, plan.start_method)
    longer = {name: seconds for name, seconds in found.items() if seconds > trial.seconds_per_item}
    if not longer:
        return []
    told = ", ".join(f"{name} {tables.duration(seconds)}" for name, seconds in longer.items())
    return [
        f"an item of {tables.duration(trial.seconds_per_item)} is too short to be handed out by itself: to be half "
        f"efficient then (METG) it would have to take {told}. Items are handed out many at a time"
    ]
