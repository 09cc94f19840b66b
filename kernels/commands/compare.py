"""``compare``: one workload is timed under several strategies."""

import argparse
import contextlib
import importlib.util
import json
import math
import sys
from collections.abc import Iterator

import kernels
from kernels.commands import arguments, tables
from kernels.commands.files import atomic_write
from kernels.comparing import chart, measurement
from kernels.comparing.comparison import Comparison, as_factor
from kernels.comparing.plan import STRATEGIES, plan
from kernels.machine.info import python_name
from kernels.registry import name_of

HELP = "time one workload under several strategies"
DESCRIPTION = """\
Time one workload under several strategies, interleaved, with every answer checked.

cold        the time to start the workers, place the data and run once; the median of 3
best        the least time of a warm run: workers up, data in place
median      the median time of a warm run
speedup     the best time of serial / the best time; the best, since disturbances only ever
            make a run longer, so that it is disturbed least
efficiency  speedup / the least of workers and usable CPUs

The sentence at the end compares the two fastest strategies round by round, and names a winner
only where the ratio of their times differs from 1 with a confidence of 99 %."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.usage = "%(prog)s WORKLOAD [options]"
    parser.add_argument("workload", metavar="WORKLOAD", help=arguments.WORKLOAD)
    parser.add_argument(
        "--strategies",
        nargs="+",
        choices=kernels.strategies(),
        default=STRATEGIES,
        metavar="STRATEGY",
        help=f"of {', '.join(kernels.strategies())}; serial is always there; default: {' '.join(STRATEGIES)}",
    )
    parser.add_argument(
        "--workers",
        nargs="+",
        type=arguments.count,
        metavar="N",
        help="default: 1 2 4 and so on, up to the usable CPUs",
    )
    arguments.add_size(parser, "M")
    arguments.add_start_method(parser)
    parser.add_argument("--seed", type=int, default=0, help="of the problem and of the order of runs; default: 0")
    parser.add_argument(
        "--rounds",
        type=arguments.count,
        metavar="N",
        help=f"default: as many as take {measurement.WARM_SECONDS:.0f} s, "
        f"from {measurement.FEWEST_ROUNDS} to {measurement.MOST_ROUNDS}",
    )
    parser.add_argument("--plot", type=arguments.chart_file, metavar="FILE", help="bar chart to write, .png or .svg")
    parser.add_argument("--json", type=arguments.file, metavar="FILE", help="file to write all samples and figures to")


def execute(given: argparse.Namespace) -> int:
    """Measure, print the table and the verdict, and write the files that are asked for."""
    try:
        planned = plan(
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
    items = len(planned.problem)
    print(f"{name_of(planned.workload)}, size {planned.size} ({items} items), start method {planned.start_method}")
    for strategy, reason in planned.left_out.items():
        print(f"left out: {strategy}, as {reason}")
    sys.stdout.flush()
    with _progress_bar() as progress:
        comparison = measurement.compare(planned, progress)
    print(f"\n{_table(comparison)}\n\n{comparison.verdict or 'serial alone: there is nothing to compare it with'}")
    if given.json:
        with atomic_write(given.json) as draft:
            draft.write_text(json.dumps(comparison.as_dict(), indent=1) + "\n")
    if given.plot:
        with atomic_write(given.plot) as draft:
            chart.draw(comparison, draft, given.plot.suffix[1:])
    return 0


@contextlib.contextmanager
def _progress_bar() -> Iterator[measurement.Progress]:
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


def _table(comparison: Comparison) -> str:
    """In milliseconds, with three digits for the shortest time."""
    shortest = min(samples.best for samples in comparison.samples)
    digits = max(0, 2 - math.floor(math.log10(1000 * shortest)))
    rows = [["strategy", "workers", "cold (ms)", "best (ms)", "median (ms)", "speedup", "efficiency"]]
    for samples in comparison.samples:
        configuration = samples.configuration
        mark = "*" if comparison.oversubscribed(samples) else ""
        rows.append(
            [
                configuration.strategy,
                f"{configuration.workers or '-'}{mark}",
                *(f"{1000 * time:.{digits}f}" for time in (samples.cold_median, samples.best, samples.median)),
                as_factor(comparison.speedup(samples)),
                as_factor(comparison.efficiency(samples)),
            ]
        )
    python = python_name(comparison.info["python"])
    notes = [f"{comparison.rounds} rounds; Python {python}; usable CPUs: {comparison.usable_cpus}"]
    if any(map(comparison.oversubscribed, comparison.samples)):
        notes.append("* more workers than usable CPUs")
    return "\n".join([tables.plain(rows, "<>>>>>>"), "", *notes])
