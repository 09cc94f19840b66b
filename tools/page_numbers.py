"""Where the numbers of the documentation come from: ``python -m tools.page_numbers`` says which are stale.

A number of a page is in one of four places. An output block is what a program printed. A table between two comments is
what the command in the first of them made. A number of the text is computed anew from the code or from the results, and
compared (`COMPUTED`); or it is no measurement, but a definition or an example (`STATED`).

What was measured is of programs and code that may have changed since: docs/measured.json has a digest of these for each
page and table, and says where it was measured. ``make docs-numbers`` measures the output blocks anew.
"""

import argparse
import functools
import hashlib
import importlib
import json
import platform
import re
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "measured.json"
PAGES = sorted([ROOT / "README.md", *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")])

SECONDS = re.compile(r"\d+\.\d+ s\b")
UNIT = r"(?:x|%|ms|us|s|MB|kB|KiB|MiB|GB|seconds?|minutes?|hours?|page faults|calls)(?![\w-])"
NUMBER = re.compile(rf"(?<![\w.`=-])\d[\d,]*(?:\.\d+)?\s?{UNIT}|(?<![\w.`=-])(?!3\.1\d\b)\d+\.\d+(?![\w.])")
FENCED = re.compile(r"^```.*?^```|^<!--- invisible.*?^-->", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"<!-- the tables? of (.*?) -->(.*?)<!-- end of .*? -->", re.DOTALL)
# A table after a paragraph that names a command, which has made it.
AFTER_COMMAND = re.compile(r"(`(?:make|python|asv-gate) [^`]+`(?:[^\n]|\n(?!\n))*\n\n)(?:^\|.*\n)+", re.MULTILINE)
MESSAGE = re.compile(r"^- `` .*$", re.MULTILINE)
PROGRAM = re.compile(r"^```(?:python|shell)\n(.*?)^```\s+```output\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Computed(NamedTuple):
    """A piece of a page's text, with {} for what `value` gives."""

    page: str
    text: str
    value: Callable[[], object]


class Stated(NamedTuple):
    """A piece of a page's text whose numbers nothing measures, and why."""

    page: str
    text: str
    why: str


class Made(NamedTuple):
    """The files that a command's table depends on: it is stale when they have changed."""

    command: str
    inputs: tuple[str, ...]


def percent(value: float) -> str:
    """A part of 1 as the pages write it."""
    return f"{100 * value:g} %"


def efficiency(workload: str, column: str) -> str:
    """What the table of efficiencies in docs/results.md says of a workload, under that head."""
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").partition("the table of make efficiency")[2]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|")
    rows = {row[0]: row[1:] for row in cells}
    return rows[workload][rows["workload"].index(column)]


def of_the_reference(*, all_hours: bool) -> str:
    """The speedup of `ep` under `shared` at the reference: in all hours, or in that in which it was fixed."""
    from asv_scaling import reference

    found = reference.of(ROOT / "results" / "intel-xeon-2cpu-paired")
    if found is None:
        raise ValueError("the results have no reference")
    serial, shared = (found.fixed[f"compute.Ep.time_run('{each})"] for each in ("serial', 1", "shared', 2"))
    return f"{serial.seconds / shared.seconds / (shared.scale if all_hours else 1):.2f}"


def noise(quantile: str) -> str:
    """What docs/results.md says of the steps whose code stayed alike, where commits had the most pairs."""
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").partition(" --python 3.13\n")[2]
    (size,) = re.findall(rf"code that stayed alike: .*{quantile} ([\d.]+)%", page.partition("  all code")[0])
    return f"{size} %"


def unexplained(page: Path) -> list[str]:
    """The numbers of a page's own text that are in none of the lists, with the words around them."""
    text = prose(page)
    spans = [
        (found.start(), found.end())
        for known in (*COMPUTED, *STATED, *BY_HAND)
        if known.page == name(page)
        for found in re.finditer(re.escape(known.text).replace(r"\{\}", r"\S+?(?: %)?"), text)
    ]
    return [
        text[max(0, found.start() - 40) : found.end() + 20]
        for found in NUMBER.finditer(text)
        if not any(start <= found.start() and found.end() <= end for start, end in spans)
    ]


def prose(page: Path) -> str:
    """A page's text on one line, without programs, outputs, tables that are made, and error messages."""
    text = page.read_text(encoding="utf-8")
    for left_out in (TABLE, FENCED, MESSAGE):
        text = left_out.sub("", text)
    text = AFTER_COMMAND.sub(r"\1", text)
    return " ".join(text.split())


def digest(page: Path) -> str:
    """Of the programs whose outputs have times; nothing where there is none."""
    timed = [code for code, output in PROGRAM.findall(page.read_text(encoding="utf-8")) if SECONDS.search(output)]
    return hashlib.sha256("\0".join(timed).encode()).hexdigest()[:16] if timed else ""


def digest_of(inputs: tuple[str, ...]) -> str:
    """Of files, given by patterns."""
    files = sorted(file for pattern in inputs for file in ROOT.glob(pattern))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def measured() -> dict[str, dict[str, str]]:
    """What was measured, by page and by command."""
    found: dict[str, dict[str, str]] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def record(key: str, of: str) -> None:
    """Note that something was measured now, of a digest."""
    import kernels

    info = kernels.info()
    where = f"Python {platform.python_version()}, {kernels.cpus()} CPUs ({info['cpu']}), {date.today().isoformat()}"
    known = measured() if MEASURED.exists() else {}
    known[key] = {"digest": of, "where": where}
    MEASURED.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")


def name(page: Path) -> str:
    """A page as docs/measured.json names it."""
    return page.relative_to(ROOT).as_posix()


def constant(where: str, as_text: Callable[[Any], object] = percent) -> Callable[[], object]:
    """A constant of the code, or the default of a class's field, such as ``asv_gate.screening:SHARE``."""

    def value() -> object:
        module, _, path = where.partition(":")
        return as_text(functools.reduce(getattr, path.split("."), importlib.import_module(module)))

    return value


def shown_by_the_gate(number: int) -> Callable[[], object]:
    """One of the numbers in the row of the table that docs/tutorials/slower.md shows."""

    def value() -> object:
        page = (ROOT / "docs" / "tutorials" / "slower.md").read_text(encoding="utf-8")
        (row,) = re.findall(r"^│ benchmarks.time_longest .*$", page, re.MULTILINE)
        return re.findall(r"([\d.]+)%", row)[number]

    return value


def model_error() -> str:
    """How far predicted and measured efficiencies are apart in the table of docs/scaling-out.md."""
    page = (ROOT / "docs" / "scaling-out.md").read_text(encoding="utf-8")
    rows = re.findall(r"^(ep|polynomial|parzen|histogram_merged) .* s +([\d.]+) +([\d.]+) ", page, re.MULTILINE)
    return f"{max(abs(float(predicted) / float(found) - 1) for _, found, predicted in rows):.0%}".replace("%", " %")


def without_gil(place: int) -> object:
    """On how many workloads threads without a GIL are faster (0), slower (1) and neither (2); of how many (3)."""
    from tools import gil, kept

    found = gil.told_apart(kept.load(ROOT / gil.KEPT)["3.13 3.13t"], "3.13", "3.13t")
    return (*found, sum(found))[place]


def cost_without_gil(called: str) -> str:
    """How many times as much something costs on 3.13t as on 3.13."""
    from tools import gil_costs, kept

    (name,) = [name for name, words in gil_costs.BENCHES.items() if words == called]
    return f"{kept.load(ROOT / gil_costs.KEPT)['3.13 3.13t']['benchmarks'][name]['ratio']:.1f}"


def watched_seconds() -> object:
    """When a link between hosts is given up, as Linux probes it."""
    from kernels.mpi import watchdog

    return watchdog.IDLE_SECONDS + watchdog.INTERVAL_SECONDS * watchdog.PROBES


COMPUTED = (
    Computed("docs/results.md", "`ep` reached {} with two", partial(of_the_reference, all_hours=False)),
    Computed("docs/results.md", "in the median of all {}. So", partial(of_the_reference, all_hours=True)),
    Computed("README.md", "half of the times move by less than {}, nine", partial(noise, "p50")),
    Computed("README.md", "nine in ten by less than {} (", partial(noise, "p90")),
    Computed("docs/tutorials/one-sum.md", "3.13 is {} and", partial(efficiency, "polynomial", "pool, 3.13")),
    Computed("docs/tutorials/one-sum.md", "and {}. Run it", partial(efficiency, "polynomial", "threaded, 3.13")),
    Computed("docs/tutorials/parzen.md", "(../results.md) is {})", partial(efficiency, "parzen", "pool, 3.13")),
    Computed("docs/tutorials/slower.md", "takes {} % more time", shown_by_the_gate(0)),
    Computed("docs/tutorials/slower.md", "change is between {} and", shown_by_the_gate(1)),
    Computed("docs/tutorials/slower.md", "and {} % with a confidence", shown_by_the_gate(2)),
    Computed("docs/tutorials/slower.md", "a slowdown of {} %", shown_by_the_gate(3)),
    Computed("docs/gate.md", "of runs ({}) raise an alarm", constant("asv_gate.settings:Settings.alpha")),
    Computed("docs/gate.md", "take {} of the budget", constant("asv_gate.screening:SHARE")),
    Computed("docs/gate.md", "beyond {} standard errors", constant("asv_gate.screening:CANDIDATE_Z", str)),
    Computed("docs/gate.md", "stands out (at {}) and is not settled", constant("asv_gate.confirming:STANDS_OUT")),
    Computed("docs/gate.md", "would by chance ({}), and is too dear", constant("asv_gate.screening:CLEAR_LEVEL")),
    Computed("docs/gate.md", "in each by itself (at {})", constant("asv_gate.confirming:LAYOUT_LEVEL")),
    Computed("docs/gate.md", "`--metric-threshold` ({})", constant("asv_gate.request:METRIC_THRESHOLD")),
    Computed(
        "docs/gate.md", "at most {} of alpha for", constant("asv_gate.settings:SUITE_SHARE", lambda x: percent(1 - x))
    ),
    Computed("docs/gate.md", "single benchmarks, {} for the suite", constant("asv_gate.settings:SUITE_SHARE")),
    Computed("docs/gate.md", "same argument, at {}, at most", constant("asv_gate.confirming:STANDS_OUT")),
    Computed("docs/gate.md", "at most {} of runs on unchanged", constant("asv_gate.confirming:STANDS_OUT")),
    Computed(
        "docs/gate.md",
        "of the simulations, {}, unless",
        constant("asv_gate.plan:ASSUMED_NOISE", lambda x: percent(round(x, 3))),
    ),
    Computed("docs/gate.md", "is simulated {} times", constant("asv_gate.power:RUNS", "{:,}".format)),
    Computed("docs/explanation/deciding.md", "at most {} of runs", constant("asv_gate.settings:Settings.alpha")),
    Computed(
        "docs/how-to/history.md", "`--precision` ({})", constant("asv_gate.history.request:HistoryRequest.precision")
    ),
    Computed("docs/how-to/history.md", "`--alpha` ({}) of searches", constant("asv_gate.settings:Settings.alpha")),
    Computed(
        "docs/how-to/history-on-github.md",
        "up to {} seconds for each",
        constant("asv_gate.history.fixing:GROUP_SECONDS", "{:g}".format),
    ),
    Computed(
        "docs/how-to/your-own-loop.md",
        "take at most {} longer than the best",
        constant("kernels.loops.advice:SAME", lambda same: percent(round(same - 1, 9))),
    ),
    Computed(
        "docs/how-to/your-own-loop.md",
        "`--limit`, {} seconds by default",
        constant("kernels.loops.compare:LIMIT_SECONDS", "{:g}".format),
    ),
    Computed("docs/free-threading.md", "Of {} workloads, threads without a GIL", partial(without_gil, 3)),
    Computed("docs/free-threading.md", "with one as faster on {},", partial(without_gil, 0)),
    Computed("docs/free-threading.md", "as slower on {}, and", partial(without_gil, 1)),
    Computed("docs/free-threading.md", "and not at all on {}.", partial(without_gil, 2)),
    Computed(
        "docs/free-threading.md",
        "hands out takes {} times as long",
        partial(cost_without_gil, "a task, `ThreadPoolExecutor.map`"),
    ),
    Computed("docs/free-threading.md", "a team of threads {} times", partial(cost_without_gil, "opening `threaded`")),
    Computed("docs/free-threading.md", "one thread each, is {} times", partial(cost_without_gil, "METG, `shared`")),
    Computed("docs/scaling-out.md", "ends after {} seconds", watched_seconds),
    Computed("docs/scaling-out.md", "the prediction is within {} of the measurement", model_error),
)

STATED = (
    Stated("docs/explanation/interleaving.md", "doi.org/10.1145/1508244.1508275", "the address of a paper"),
    Stated("docs/how-to/history.md", "of which one is 15 % slower", "the default of gate/tests/real_searches.py"),
    Stated("docs/results.md", "slows one of five workloads down by 5, 10 or 20 %", "STEPS of tools/planted.py"),
    Stated("docs/how-to/history.md", "come with, by 95 % confidence", "a definition: Z_95 of asv_scaling.changes"),
    Stated(
        "docs/results.md",
        "of two values with the same exact interval 83 % are",
        "a standard normal variable is below 1.96 over the root of 2 with that probability",
    ),
    Stated("README.md", "one that waits 5 ms for a page", "what the function in the example sleeps"),
    Stated("docs/explanation/interleaving.md", "more than 2 % slower", "the limit in the program below it"),
    Stated(
        "docs/free-threading.md",
        "with eight rounds that is the 99 % confidence interval",
        "the order statistics of eight",
    ),
    Stated("docs/free-threading.md", "(greenlet 3.2 does)", "the version of a package"),
    Stated("docs/results.md", "a fresh array of 128 kB for", "32 rows of 500 numbers, a block of the old stencil"),
    Stated("docs/results.md", "fault for every 4 KiB,", "the size of a page"),
    Stated("docs/free-threading.md", "as soon as 128 KiB there are free", "glibc's default of M_TRIM_THRESHOLD"),
    Stated("docs/gate.md", "`--require-power 10%` was asked for and a slowdown of 10 %", "an example"),
    Stated("docs/gate.md", '`"5%"` or `0.05`', "an example"),
    Stated("docs/gate.md", "the budgets that find 5 and 10 %", "what is asked for"),
    Stated("docs/gate.md", "a ladder from 10 s to a day", "what is tried"),
    Stated("docs/gate.md", "Clopper and Pearson's, 95 %", "the level of the tables' intervals"),
    Stated("docs/gate.md", "Intervals are 95 %, exact", "the level of the tables' intervals"),
    Stated(
        "docs/gate.md", "a process's noise is 2 % (a pair's 2.8 %)", "what is simulated: the root of two times as much"
    ),
    Stated("docs/gate.md", "the same with 10 and 20 %", "arguments of the command"),
    Stated("docs/gate.md", "5, 10 or 20 % more work", "what the trials put in"),
    Stated("docs/how-to/history.md", "ratio (1 %,", "the error that is asked for"),
    Stated("docs/how-to/history.md", "at most 5 % are false", "the level of the procedure"),
    Stated("docs/how-to/history-on-github.md", "`--precision 5%`", "an example"),
    Stated("docs/how-to/read-scaling-page.md", "`1.89x (2w)` takes 1 / 1.89", "an example of a cell"),
    Stated("docs/how-to/read-scaling-page.md", "the 99 % confidence interval", "the level of asv's intervals"),
    Stated("docs/how-to/troubleshooting.md", "has 64 MiB by default", "Docker's default"),
    Stated("docs/explanation/teams.md", "a page fault for every 4 KiB", "the size of a page"),
    Stated("docs/scaling-out.md", "the 4 KiB of each record", "the definition of the workload"),
    Stated("docs/how-to/troubleshooting.md", '{"threshold": "5%"}', "an example"),
    Stated("docs/tutorials/slower.md", "with a confidence of 95 %", "the level of the gate's intervals"),
    Stated("docs/gate.md", "in runs of some 20 ms", "what the trials' sizes are meant to take"),
    Stated("docs/gate.md", "--inject 5%", "an argument of the command"),
    Stated(
        "docs/tutorials/parzen.md", "the width 1.1 seems to be the best one", "one of the widths in the output above it"
    ),
    Stated("docs/tutorials/parzen.md", "In truth 0.1 is the best", "one of the widths in the output above it"),
    Stated("docs/tutorials/queues.md", "A pipe holds about 64 KiB", "Linux's default"),
    Stated("docs/writing-a-workload.md", "`(24.0 * n,", "an example"),
    Stated("docs/writing-a-workload.md", "10 ms, 100 ms and 1 s", "what sizes are meant to take"),
)

# Numbers that were measured once, by hand: no command makes them, and nothing says when they are no longer true.
BY_HAND = (
    Stated(
        "docs/free-threading.md",
        "`polynomial` 1.03, `queens` 1.04, `ep` 1.03, `histogram` 1.00, `dgemm` 1.02, `stencil` 1.06,",
        "getrusage",
    ),
    Stated("docs/free-threading.md", "`counter` 1.10, `cubes` 1.12, `parzen` 1.14, `spmv` 1.28,", "getrusage"),
    Stated(
        "docs/free-threading.md", "150,022 page faults a run, 235 ms of user and 415 ms of system time", "perf stat"
    ),
    Stated("docs/free-threading.md", "on 3.13 no faults and 172 ms", "perf stat"),
    Stated("docs/results.md", "slower by 200 % (+142 % to +270 %)", "the command after it, on an Intel machine"),
    Stated("docs/results.md", "took 5,335 page faults a run and 2.5 times as long", "/proc/PID/stat"),
    Stated("docs/free-threading.md", "80 kB each, lay at the top", "the size of two arrays of the old parzen"),
    Stated("docs/free-threading.md", "by 156 KiB for every step (5,509 calls of `brk`", "strace"),
    Stated("docs/free-threading.md", "12 page faults a run on 3.13t, and 173 to 185 ms", "perf stat"),
    Stated(
        "docs/gate.md",
        "+5 % in one benchmark was found in 2 % of runs, and +10 % in 19 %",
        "a recording of another machine",
    ),
    Stated("docs/gate.md", "0.1 to 0.4 GB each", "du"),
    Stated(
        "docs/how-to/your-own-loop.md",
        "A loop that took 2 ms took twice as long in a Pool by hand, one of 23 ms 14 % longer and one of 0.2 s 3 % "
        "longer",
        "tools.own_loops overhead, and the same with items that take longer",
    ),
)

GATE_PARTS = ("confirming", "decide", "noise", "replay", "screening", "sequential", "settings", "signedrank")
GATE = tuple(f"gate/asv_gate/{part}.py" for part in GATE_PARTS)
POOLS = ("kernels/strategies/pool.py", "kernels/workers/*.py", "tools/pools.py")
MADE = (
    Made("python -m tools.mpi_model", ("kernels/mpi/*.py", "kernels/strategies/mpi.py", "tools/mpi_model.py")),
    Made("python -m tools.pool_thread", (*POOLS, "tools/pool_thread.py")),
    Made("python -m tools.freed_memory", (*POOLS, "tools/freed_memory.py")),
    Made("python -m tools.layout", ("benchmarks/co*.py", "benchmarks/memory.py", "tools/layout.py")),
    Made("python -m asv_gate.simulated", (*GATE, "gate/asv_gate/simulated.py")),
    Made("make calibrate", (*GATE, "gate/asv_gate/calibrate.py", "docs/gate/recording.jsonl")),
)


def stale() -> list[str]:
    """What is to be measured anew: a line for each page and table, with the command that does it."""
    known = measured()

    def is_of(key: str, of: str) -> bool:
        return known.get(key, {}).get("digest", "") == of

    return [
        *(
            f"{name(page)}: its programs have changed since their times were taken: make docs-numbers"
            for page in PAGES
            if (of := digest(page)) and not is_of(name(page), of)
        ),
        *(
            f"the table of {made.command}: the code has changed since: run it, and then tools.page_numbers --made"
            for made in MADE
            if not is_of(made.command, digest_of(made.inputs))
        ),
        *(
            f"docs/results.md: efficiencies of {len(rows)} workloads on {version}, of older code: make efficiency"
            for version, rows in stale_efficiencies().items()
            if rows
        ),
    ]


def stale_efficiencies() -> dict[str, list[str]]:
    """By Python, the workloads in the table of efficiencies whose code has changed since."""
    import kernels
    from tools import efficiency, kept

    return {
        version: [name for name in kernels.workloads() if rows.get(name, {}).get("kernels") != kept.digest(name)]
        for version, rows in kept.load(ROOT / efficiency.KEPT).items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Say what is stale, and 1 where anything is, and what no command measures; or note that a table was just made."""
    parser = argparse.ArgumentParser(prog="python -m tools.page_numbers", description=__doc__)
    parser.add_argument("--made", choices=[made.command for made in MADE], help="a table that was just made anew")
    options = parser.parse_args(arguments)
    if options.made:
        record(options.made, *(digest_of(made.inputs) for made in MADE if made.command == options.made))
        return 0
    for each in BY_HAND:
        print(f"{each.page}: measured once, by hand ({each.why}): {each.text}")
    lines = stale()
    print("\n".join(lines) or "All other numbers are of the programs and the code as they are.")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
