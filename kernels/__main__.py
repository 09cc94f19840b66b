"""The command line: ``python -m kernels`` with list, verify, compare, run or info."""

import argparse
import collections
import contextlib
import importlib.util
import inspect
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import kernels
from kernels import files
from kernels.comparing import chart as plot
from kernels.comparing import measurement as compare
from kernels.comparing import table, timing
from kernels.machine import blas, info
from kernels.mpi import launched
from kernels.registry import find_strategy, find_workload, name_of, why_never
from kernels.team import default_start_method, start_methods

DESCRIPTION = "Kernels of parallel Python: which way of going parallel pays for which kind of work."
COMPARE = """\
Time one workload under several strategies, sampled in turns, with every answer checked.

cold        the time to start the workers, place the data and run once; the median of 3
best        the least time of a warm run: workers up, data in place
median      the median time of a warm run
speedup     the best time of serial / the best time: the least is the estimate that other
            programs disturb least, as what disturbs a run only ever makes it longer
efficiency  speedup / the least of workers and usable CPUs

The sentence at the end compares the two fastest strategies round by round, and names a winner
only where the ratio of their times differs from 1 with a confidence of 99 %."""

RUN = """\
Time one workload under one strategy: warm runs, with every answer checked.

With --strategy mpi the team starts its ranks itself; under a launcher it is the launcher's ranks:

    mpiexec -n 64 -hosts a,b python -m kernels run ep --strategy mpi --size L

There the time of a run is from a barrier to the end at the last rank, and the phases are told too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0, 1 where something failed, or 130 after Ctrl-C; bad input exits with 2."""
    for name in blas.VARIABLES:  # before NumPy is imported: a BLAS reads them when it is loaded
        os.environ.setdefault(name, "1")
    given = _parser().parse_args(arguments)
    try:
        return int(given.command(given))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if sys.flags.dev_mode:  # python -X dev: a workload's author wants the traceback
            raise
        kind = "" if isinstance(error, compare.Failed) else f"{type(error).__name__}: "
        print(f"python -m kernels: error: {kind}{_one_line(error)}", file=sys.stderr)
        return 1


def _list(given: argparse.Namespace) -> int:
    reasons = {
        (workload, strategy): kernels.why_not(workload, strategy)
        for workload in kernels.workloads()
        for strategy in kernels.strategies()
    }
    header = ["workload", *kernels.strategies()]

    def rows(lacking: Callable[[str, str], str | None]) -> list[list[str]]:
        marks = {
            workload: ["-" if lacking(workload, each) else "yes" for each in header[1:]]
            for workload in kernels.workloads()
        }
        return [[workload, *given] for workload, given in marks.items()]

    if given.markdown:  # which versions there are, whatever is installed here
        print(table.markdown([header, *rows(why_never)]))
        return 0
    print(_summaries("Workloads", {name: find_workload(name) for name in kernels.workloads()}), end="\n\n")
    print(_summaries("Strategies", {name: find_strategy(name) for name in kernels.strategies()}), end="\n\n")
    print(table.plain([header, *rows(kernels.why_not)], "<" * len(header)))
    without: dict[str, list[str]] = {}
    for (workload, strategy), reason in reasons.items():
        if reason:
            without.setdefault(f"{strategy}: {reason}", []).append(workload)
    for reason, names in without.items():
        print(f"\n{reason}\n    {', '.join(names)}")
    return 0


def _summaries(title: str, modules: dict[str, Any]) -> str:
    """The first line of each module's docstring."""
    lines = [(name, (inspect.getdoc(module) or "").partition("\n")[0]) for name, module in modules.items()]
    return table.plain([(title, ""), *((name, line.replace("``", "")) for name, line in lines)], "<<")


def _verify(given: argparse.Namespace) -> int:
    try:
        kernels.problem(kernels.workloads()[0], given.size)  # the names of the sizes are the same for all
    except ValueError as error:
        given.refuse(str(error))
    width = max(map(len, kernels.workloads() + kernels.strategies()))
    counts = collections.Counter[str]()
    for workload, strategy in itertools.product(kernels.workloads(), kernels.strategies()):
        result, why = _result(workload, strategy, given)
        counts[result] += 1
        print(f"{workload:{width}}  {strategy:{width}}  {result}{why and f': {why}'}", flush=True)
    print("\n" + ", ".join(f"{count} {result}" for result, count in counts.items()))
    return 1 if counts["WRONG"] or counts["FAILED"] else 0


def _result(workload: str, strategy: str, given: argparse.Namespace) -> tuple[str, str]:
    """What comes of one pair, and the reason where it is not right."""
    reason = kernels.why_not(workload, strategy)
    if reason:
        return "unsupported", reason
    try:
        kernels.run(workload, strategy, size=given.size, workers=given.workers, start_method=given.start_method)
    except kernels.WrongAnswer as error:
        return "WRONG", _one_line(error)
    except Exception as error:  # of one pair, and the others still run
        return "FAILED", f"{type(error).__name__}: {_one_line(error)}"
    return "right", ""


def _compare(given: argparse.Namespace) -> int:
    try:
        plan = compare.plan(
            given.workload,
            given.strategies,
            given.workers,
            size=given.size,
            start_method=given.start_method,
            seed=given.seed,
            rounds=given.rounds,
        )
    except ValueError as error:
        given.refuse(str(error))
    print(f"{name_of(plan.workload)}, size {plan.size} ({len(plan.problem)} items), start method {plan.start_method}")
    for strategy, reason in plan.left_out.items():
        print(f"left out: {strategy}, as {reason}")
    sys.stdout.flush()
    with _progress_bar() as progress:
        comparison = compare.measure(plan, progress)
    print(f"\n{comparison.as_table()}\n\n{comparison.verdict or 'serial alone: there is nothing to compare it with'}")
    if given.json:
        with files.whole(given.json) as draft:
            draft.write_text(json.dumps(comparison.as_dict(), indent=1) + "\n")
    if given.plot:
        plot.draw(comparison, given.plot)
    return 0


@contextlib.contextmanager
def _progress_bar() -> Iterator[compare.Progress]:
    """A bar on the terminal's stderr where tqdm is installed, nothing elsewhere."""
    if not (sys.stderr.isatty() and importlib.util.find_spec("tqdm")):
        yield lambda done, total: None
        return
    from tqdm import tqdm

    with tqdm(unit="run", leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


def _run(given: argparse.Namespace) -> int:
    asked = {"size": given.size, "seed": given.seed, "rounds": given.rounds}
    try:
        if not launched.is_launched():
            took: timing.Timing | None = timing.measure(
                given.workload, given.strategy, given.workers, start_method=given.start_method, **asked
            )
        elif given.strategy != "mpi" or given.workers is not None:
            given.refuse("under mpiexec the strategy must be mpi, and the workers are its ranks: leave --workers out")
        else:
            took = launched.measure(given.workload, **asked)
    except ValueError as error:
        given.refuse(str(error))
    if took is not None:  # as it is at all ranks but rank 0
        print(json.dumps(took.as_dict(), indent=1) if given.json else took)
    return 0


def _info(given: argparse.Namespace) -> int:
    found = info.collect()
    print(json.dumps(found, indent=1) if given.json else table.plain(info.describe(found), "<<"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kernels", description=DESCRIPTION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], help: str, **more: Any) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=help, formatter_class=argparse.RawDescriptionHelpFormatter, **{"description": help, **more}
        )
        added.set_defaults(command=command, refuse=added.error)
        return added

    listing = add("list", _list, "workloads, strategies, and which pairs of them there are")
    listing.add_argument("--markdown", action="store_true", help="the table of pairs alone, in Markdown")

    verify = add("verify", _verify, "run every pair once and check its answer; exit with 1 if any is wrong")
    _add_size(verify, "S")
    verify.add_argument("--workers", type=_count, default=2, metavar="N", help="default: 2")
    _add_start_method(verify)

    comparing = add("compare", _compare, "time one workload under several strategies", description=COMPARE)
    comparing.usage = "%(prog)s WORKLOAD [options]"
    comparing.add_argument("workload", metavar="WORKLOAD", help="a name, see list, or the path of a .py file")
    comparing.add_argument(
        "--strategies",
        nargs="+",
        choices=kernels.strategies(),
        default=compare.STRATEGIES,
        metavar="STRATEGY",
        help=f"of {', '.join(kernels.strategies())}; serial is always there; default: {' '.join(compare.STRATEGIES)}",
    )
    comparing.add_argument(
        "--workers", nargs="+", type=_count, metavar="N", help="default: 1 2 4 and so on, up to the usable CPUs"
    )
    _add_size(comparing, "M")
    _add_start_method(comparing)
    comparing.add_argument("--seed", type=int, default=0, help="of the problem and of the order of runs; default: 0")
    comparing.add_argument(
        "--rounds",
        type=_count,
        metavar="N",
        help=f"default: as many as take {compare.WARM_SECONDS:.0f} s, "
        f"from {compare.FEWEST_ROUNDS} to {compare.MOST_ROUNDS}",
    )
    comparing.add_argument("--plot", type=_plot_file, metavar="FILE", help="bar chart to write, .png or .svg")
    comparing.add_argument("--json", type=_file, metavar="FILE", help="all samples and all figures, to be written")

    running = add("run", _run, "time one workload under one strategy", description=RUN)
    running.usage = "%(prog)s WORKLOAD [options]"
    running.add_argument("workload", metavar="WORKLOAD", help="a name, see list, or the path of a .py file")
    running.add_argument(
        "--strategy",
        choices=kernels.strategies(),
        default="serial",
        metavar="STRATEGY",
        help=f"one of {', '.join(kernels.strategies())}; default: serial",
    )
    running.add_argument("--workers", type=_count, metavar="N", help="default: as many as usable CPUs")
    _add_size(running, "M")
    _add_start_method(running)
    running.add_argument("--seed", type=int, default=0, help="of the problem; default: 0")
    running.add_argument("--rounds", type=_count, default=timing.ROUNDS, metavar="N", help="default: %(default)s")
    running.add_argument("--json", action="store_true", help="as JSON, with the time of every run")

    telling = add("info", _info, "what this machine and this Python are")
    telling.add_argument("--json", action="store_true", help="as JSON")
    return parser


def _add_size(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--size", type=_size, default=default, help=f"S, M, L or a number of items; default: {default}")


def _add_start_method(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--start-method",
        choices=start_methods(),
        default=default_start_method(),
        help="of processes; default: %(default)s",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1, not {text!r}")
    return int(text)


def _size(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _file(text: str) -> Path:
    try:
        files.require_writable(Path(text))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written: {error.strerror}") from None
    return Path(text)


def _plot_file(text: str) -> Path:
    if not text.endswith(plot.ENDINGS):
        raise argparse.ArgumentTypeError(f"must end in {' or '.join(plot.ENDINGS)}, not {text!r}")
    if not plot.is_possible():
        raise argparse.ArgumentTypeError("drawing takes Altair: pip install 'parallel-kernels[plot]'")
    return _file(text)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
