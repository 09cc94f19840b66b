"""``compare``: one workload, or a function of the user's, is timed under several strategies."""

import argparse
import sys

import kernels
from kernels.commands import arguments, outputs
from kernels.comparing import measurement, tabular
from kernels.comparing.limit import give_up, leave, still_runs
from kernels.comparing.limits import measured
from kernels.comparing.measurement import HUNG, Endless
from kernels.comparing.plan import STRATEGIES, WARM_SECONDS, WARM_UP_ROUNDS, plan
from kernels.loops import compare as loops
from kernels.loops import finding
from kernels.loops.comparison import ROUNDS_SECONDS, compared
from kernels.registry import name_of

HELP = "time one workload, or a function of yours, under several strategies"
DESCRIPTION = """\
Time one workload under several strategies, interleaved, with every answer checked; or a function of
yours and its items, which ends with the fastest strategy as a few lines to paste:

    python -m kernels compare polynomial
    python -m kernels compare mymodule:simulate --items 'range(2000)'

cold        the time to start the workers, place the data and run once; the median of 3
best        the least time of a warm run: workers up, data in place
median      the median time of a warm run, and half of the range of the middle half of them
speedup     the best time of serial / the best time; the best, since disturbances only ever
            make a run longer, so that it is disturbed least
efficiency  speedup / the least of workers and usable CPUs
rate        work / the best time, where the workload says what its work is

The sentence at the end compares the two fastest strategies round by round, and names a winner
only where the ratio of their times differs from 1 with a confidence of 99 %."""
OF_FUNCTIONS = ("items", "reduce", "check", "rtol", "vectorized", "chunk")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.usage = "%(prog)s WORKLOAD [options]\n       %(prog)s MODULE:FUNCTION --items ITEMS [options]"
    parser.add_argument("workload", metavar="WORKLOAD", help=f"{arguments.WORKLOAD}; or {finding.FUNCTION}")
    parser.add_argument(
        "--strategies",
        nargs="+",
        choices=kernels.strategies(),
        metavar="STRATEGY",
        help=f"of {', '.join(kernels.strategies())}; serial is always there; default: {' '.join(STRATEGIES)}, "
        f"of a function {' '.join(loops.STRATEGIES)}",
    )
    parser.add_argument(
        "--workers",
        nargs="+",
        type=arguments.count,
        metavar="N",
        help="default: 1 2 4 and so on, up to the usable CPUs",
    )
    arguments.add_size(parser, "M", told=False)
    arguments.add_start_method(parser)
    parser.add_argument("--seed", type=int, default=0, help="of the problem and of the order of runs; default: 0")
    parser.add_argument(
        "--rounds",
        type=arguments.count,
        metavar="N",
        help=f"default: as many as fit --max-time, from {measurement.FEWEST_ROUNDS} to {measurement.MOST_ROUNDS}",
    )
    parser.add_argument(
        "--warmup",
        type=arguments.whole,
        default=WARM_UP_ROUNDS,
        metavar="N",
        help="rounds before them that do not count; default: %(default)s",
    )
    parser.add_argument(
        "--max-time",
        type=arguments.seconds,
        metavar="SECONDS",
        help=f"that the rounds may take; default: {WARM_SECONDS:g}, of a function {ROUNDS_SECONDS:g}",
    )
    parser.add_argument(
        "--limit",
        type=arguments.seconds,
        metavar="SECONDS",
        help=f"after which a run has hung; default: none, of a function {loops.LIMIT_SECONDS:g}",
    )
    arguments.add_measure(parser)
    outputs.add_arguments(parser)
    of_functions = parser.add_argument_group("of a function")
    of_functions.add_argument("--items", metavar="ITEMS", help=f"{finding.ITEMS}; what is named may be a function")
    of_functions.add_argument("--reduce", metavar="FUNCTION", help="sum, or module:function of two answers")
    of_functions.add_argument(
        "--check",
        metavar="FUNCTION",
        help="module:function of the items and the answer, or none; default: the answers are compared with serial's",
    )
    of_functions.add_argument("--rtol", type=float, metavar="X", help="within which numbers are equal; default: 0")
    of_functions.add_argument("--vectorized", action="store_true", default=None, help="it takes a slice of an array")
    of_functions.add_argument("--chunk", type=arguments.count, metavar="N", help="items that a worker gets at a time")


def execute(given: argparse.Namespace) -> int:
    """Measure, print the table and the verdict, and write the files that are asked for."""
    outputs.refuse_two(given)
    if finding.is_place(given.workload):
        return _function(given)
    for name in OF_FUNCTIONS:
        if getattr(given, name) is not None:
            given.refuse(f"--{name} is for a function, {finding.FUNCTION}, not for the workload {given.workload!r}")
    return _workload(given)


def _workload(given: argparse.Namespace) -> int:
    try:
        planned = plan(
            given.workload,
            given.strategies or STRATEGIES,
            given.workers,
            size="M" if given.size is None else given.size,
            start_method=given.start_method,
            seed=given.seed,
            rounds=given.rounds,
            warmup=given.warmup,
            max_seconds=given.max_time,
            limit=given.limit,
        )
    except ValueError as error:
        given.refuse(str(error))
    quiet = outputs.is_taken(given)
    items = len(planned.problem)
    if not quiet:
        print(f"{name_of(planned.workload)}, size {planned.size} ({items} items), start method {planned.start_method}")
        for strategy, reason in planned.left_out.items():
            print(f"left out: {strategy}, as {reason}")
        sys.stdout.flush()
    with outputs.progress_bar() as progress:
        comparison = measurement.compare(planned, progress)
    limits = measured() if given.measure else None
    if not quiet:
        verdict = comparison.verdict or "serial alone: there is nothing to compare it with"
        limit = f"\n{tabular.limit(comparison, limits)}" if limits else ""
        print(f"\n{tabular.text(comparison, outputs.has_colour())}{limit}\n\n{verdict}")
    outputs.write(given, comparison, comparison.as_dict() | ({"limits": limits.as_dict()} if limits else {}))
    return 0


def _function(given: argparse.Namespace) -> int:
    if given.items is None:
        given.refuse(f"a function takes --items: {finding.ITEMS}")
    if given.size is not None:
        given.refuse("--size is for a workload: of a function the number of items is found out")
    try:
        with outputs.progress_bar() as progress:
            result = compared(
                given.workload,
                given.items,
                given.workers,
                strategies=given.strategies or loops.STRATEGIES,
                reduce=_named(given.reduce, {"sum": sum}),
                check=_named(given.check, {"none": "none"}),
                rtol=given.rtol,
                vectorized=bool(given.vectorized),
                chunk=given.chunk,
                start_method=given.start_method,
                seed=given.seed,
                rounds=given.rounds,
                warmup=given.warmup,
                max_time=given.max_time,
                limit=given.limit or loops.LIMIT_SECONDS,
                progress=progress,
                give_up=lambda message: give_up(f"python -m kernels: error: {message}"),
            )
    except ValueError as error:
        given.refuse(arguments.one_line(error))
    except Endless as error:
        if still_runs():  # a thread that hung, for which Python would wait
            give_up(f"python -m kernels: error: {arguments.one_line(error)}")
        raise
    if not outputs.is_taken(given):
        print(f"{result.heading()}\n\n{result.table(outputs.has_colour())}\n\n{result.conclusion()}")
    outputs.write(given, result.comparison, result.to_dict())
    if any(HUNG in reason for reason in result.comparison.plan.left_out.values()) and still_runs():
        leave(0)
    return 0


def _named(text: str | None, words: dict[str, object]) -> object:
    return words[text] if text in words else None if text is None else finding.function(text)
