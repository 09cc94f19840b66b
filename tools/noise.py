"""What ``make noise`` prints: how much results vary where nothing changed, and what the report's pages list.

Of the committed results, for each machine: the change from one commit to the next of a series,
which is a benchmark with its parameters in an environment; how often the 95 % interval of such a
step holds 0; and the entries of the Changes page and of asv's own Regressions page. Steps of code
that stayed alike are those between two commits at which the benchmark's workload and strategy, and
all that these import, are the same but for comments and docstrings. Of results without a report, as of
what plain ``asv run`` measured beside them, there are the steps alone; with a second measurement of the
same builds, how far apart the two are.
"""

import argparse
import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from asv_gate.arguments import pattern
from asv_scaling import history, results
from asv_scaling.changes import Z_95, Measured, usable
from tools import alike

QUANTILES = (0.5, 0.9, 0.99)
SHOWN = 8  # entries of a page
Alike = Callable[[str, str, str], bool]  # of a benchmark's name with parameters and two commits


@dataclass(frozen=True)
class Step:
    """A series from one commit to the next that it was measured at."""

    series: history.Series
    before: str
    after: str
    change: float  # the logarithm of the ratio
    error: float  # its standard error

    @property
    def holds_zero(self) -> bool:
        """Whether its 95 % interval does."""
        return abs(self.change) <= Z_95 * self.error


def steps(series: Mapping[history.Series, Sequence[Measured]], order: Sequence[str]) -> Iterator[Step]:
    """The steps of all series; `order` are the commits, by the numbers that the points have."""
    for each, points in series.items():
        for before, after in itertools.pairwise(usable(points)):
            change = math.log(after.value / before.value)
            yield Step(each, order[before.revision], order[after.revision], change, before.error_to(after))


def figures(found: Sequence[Step]) -> str:
    """How many there are, how far they go and how many intervals hold 0."""
    if not found:
        return "none"
    held = sum(step.holds_zero for step in found)
    words = quantiles([step.change for step in found])
    return f"{len(found)} steps: {words}; the 95 % interval holds 0 in {held / len(found):.1%}"


def quantiles(changes: Sequence[float]) -> str:
    """How far changes, which are logarithms of ratios, go in half, in nine tenths and in nearly all cases."""
    sizes = np.quantile([math.expm1(abs(change)) for change in changes], QUANTILES)
    return ", ".join(f"p{100 * q:.0f} {size:.1%}" for q, size in zip(QUANTILES, sizes, strict=True))


def again(first: history.History, second: history.History) -> str:
    """How far apart two measurements of the same builds are, and how many say the same.

    That is of how many the 95 % interval of the difference holds 0, and how many are inside each other's, which asks
    more than intervals promise: of two values with one exact interval 83 % are, since each has an error of its own.
    """
    before, after = (dict(points(one)) for one in (first, second))
    both = [(before[at], after[at]) for at in before if at in after]
    if not both:
        return "none"
    changes = [math.log(two.value / one.value) for one, two in both]
    errors = [(one.error, two.error) for one, two in both]
    held = sum(abs(change) <= Z_95 * math.hypot(*two) for change, two in zip(changes, errors, strict=True))
    inside = sum(abs(change) <= Z_95 * min(two) for change, two in zip(changes, errors, strict=True))
    words = f"{len(both)} values: {quantiles(changes)} apart; the 95 % interval of the difference holds 0 in "
    return words + f"{held / len(both):.1%}; {inside / len(both):.1%} are inside each other's 95 % intervals"


def points(one: history.History) -> Iterator[tuple[tuple[history.Series, str], Measured]]:
    """All that were measured, each with its series and commit."""
    for series, measured in one.series.items():
        for point in usable(measured):
            yield (series, one.commits[point.revision]), point


def same_code(benchmarks: Mapping[str, Any]) -> Alike:
    """Whether the code that a benchmark runs is the same at two commits; not where it has no strategy."""
    import importlib

    def workload_of(name: str) -> str | None:
        module, _, rest = name.partition(".")
        found = getattr(importlib.import_module(f"benchmarks.{module}"), rest.partition(".")[0], None)
        value = getattr(found, "workload", None)
        return value if isinstance(value, str) else None

    def answer(shown: str, before: str, after: str) -> bool:
        name, _, params = shown.partition("(")
        names = benchmarks[name].get("param_names", [])
        workload = workload_of(name)
        if workload is None or "strategy" not in names:
            return False
        strategy = params.rstrip(")").split(", ")[names.index("strategy")].strip("'")
        return alike.digest(before, workload, strategy) == alike.digest(after, workload, strategy)

    return answer


def listed(report: Path, machine: str) -> list[str]:
    """The entries of asv's Regressions page for a machine, which it does not name where there is one alone.

    In order of their names: asv's own is another one each time.
    """
    found = json.loads((report / "regressions.json").read_bytes())["regressions"]
    return sorted(
        f"{entry[0]} on Python {entry[2].get('python', 'of all')}"
        for entry in found
        if entry[2].get("machine", machine) == machine
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print it; 1 where the report that is named was not made."""
    parser = argparse.ArgumentParser(prog="python -m tools.noise", description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--report", type=Path, help="as make publish made it; by default the steps alone are printed")
    parser.add_argument("--bench", type=pattern, default="", metavar="REGEX", help="series in whose names it is found")
    parser.add_argument(
        "--since", default="", metavar="COMMIT", help="steps from this commit on, by the first of its hash"
    )
    parser.add_argument("--python", default="", metavar="X.Y", help="series of this Python")
    parser.add_argument("--machine", default="", metavar="NAME", help="results of this machine")
    parser.add_argument("--again", type=Path, help="a folder of results that has the same builds, measured once more")
    options = parser.parse_args(arguments)
    if options.report and not (options.report / "regressions.json").exists():
        print(f"make noise: there is no report in {options.report}: make publish makes it", file=sys.stderr)
        return 1
    benchmarks = results.benchmarks(options.results)
    histories = [history.read(machine, benchmarks, _warn) for machine in results.machines(options.results, _warn)]
    names = [one.machine for one in histories]
    if options.machine and options.machine not in names:
        parser.error(f"--machine must be one of {', '.join(names) or 'none'}, not {options.machine!r}")
    same = same_code(benchmarks)
    changed = history.entries(histories) if options.report else []
    asked = {"bench": options.bench, "since": options.since, "python": options.python}
    for one in histories:
        if options.machine not in ("", one.machine):
            continue
        pages = {}
        if options.report:
            pages["Changes"] = [history.line(entry) for entry in changed if entry.machine == one.machine]
            pages["Regressions"] = listed(options.report, one.machine)
        print("\n".join(of_machine(chosen(one, **asked), benchmarks, same, pages)))
        for machine in results.machines(options.again, _warn) if options.again else ():
            if machine.name == one.machine:
                print(f"  measured again: {again(one, history.read(machine, benchmarks, _warn))}")
    return 0


def chosen(
    one: history.History, bench: re.Pattern[str] | str = "", since: str = "", python: str = ""
) -> history.History:
    """The history with the series and commits that are asked for alone."""
    places = [place for place, commit in enumerate(one.commits) if commit.startswith(since)]
    first = places[0] if places else len(one.commits)
    kept = {
        each: [point for point in points if point.revision >= first]
        for each, points in one.series.items()
        if re.search(bench, each.name) and python in ("", one.pythons[each.environment])
    }
    return replace(one, series=kept)


def of_machine(
    one: history.History, benchmarks: Mapping[str, Any], same: Alike, pages: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The lines of a machine."""
    times = {each: points for each, points in one.series.items() if benchmarks[each.benchmark].get("type") == "time"}
    found = list(steps(times, one.commits))
    commits = len({point.revision for points in times.values() for point in points})
    yield f"{one.machine}: {commits} commits, {len({each.environment for each in times})} environments"
    yield f"  code that stayed alike: {figures([step for step in found if _alike(same, step)])}"
    yield f"  all code: {figures(found)}"
    for page, entries in pages.items():
        yield f"  {page} page: {len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
        yield from (f"    {entry}" for entry in entries[:SHOWN])
        if len(entries) > SHOWN:
            yield f"    and {len(entries) - SHOWN} more"


def _alike(same: Alike, step: Step) -> bool:
    return same(step.series.name, step.before, step.after)


def _warn(message: str) -> None:
    print(message, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
