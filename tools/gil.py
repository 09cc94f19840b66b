"""What ``make gil`` runs: threads without a GIL against processes with one, for docs/free-threading.md.

Two Pythons are measured interleaved. In a round each has a process of its own, with a team open for
every strategy; samples of the two are interleaved, one run at a time, so that what disturbs the machine
disturbs both alike. A figure is the median, over the rounds, of the ratio of their medians. What is
measured is kept, round by round, in docs/gil.json, and an interrupted run goes on from there.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kernels
from kernels.comparing import tables
from kernels.comparing.comparison import as_factor
from tools import kept
from tools.environments import environment
from tools.measure import Failed
from tools.pythons import find_pythons, in_order

STRATEGIES = ("serial", "threaded", "pool", "shared", "interpreters")
PROCESSES = ("pool", "shared")
WORKERS = 2
ROUNDS = 8  # the fewest of which the least and the greatest enclose the median with a confidence of 99 %
SAMPLES = 3
KEPT = Path("docs", "gil.json")
PAGE = Path("docs", "free-threading.md")
BEGIN, END = "<!-- the table of make gil -->\n", "<!-- end of the table of make gil -->\n"

Seconds = dict[str, dict[str, list[float]]]  # by Python and strategy: a median for each round


@dataclass(frozen=True)
class Side:
    """A process of one of the Pythons, with its teams open."""

    process: subprocess.Popen[str]
    strategies: Sequence[str]
    python: Mapping[str, Any]

    def run(self, strategy: str) -> float:
        """Seconds of a run. Raises Failed."""
        return float(ask(self.process, strategy))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written, 1 where something failed, and 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.gil", description=__doc__)
    parser.add_argument("--pythons", default="", help="the one with a GIL and the one without; default: '3.13 3.13t'")
    parser.add_argument("--workloads", nargs="+", default=kernels.workloads(), metavar="NAME", help="default: all")
    parser.add_argument("--size", default="M", help="of the problems; default: M")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help="default: %(default)s")
    options = parser.parse_args(arguments)
    wanted = options.pythons.split() or ["3.13", "3.13t"]
    found = find_pythons()
    missing = [name for name in wanted if name not in found]
    if missing or len(wanted) != 2 or options.rounds < 1:
        parser.error(
            f"it takes two Pythons and at least one round, not {' '.join(wanted)!r} and {options.rounds}; "
            f"there are here: {', '.join(in_order(found)) or 'none'}"
        )
    if not kept.has_marks(PAGE, BEGIN, END):
        parser.error(f"{PAGE} must have the lines {BEGIN.strip()} and {END.strip()}")
    try:
        pythons = {name: environment(name, found[name]) for name in wanted}
        for workload in options.workloads:
            measure(pythons, workload, options.size, options.rounds)
    except (Failed, subprocess.CalledProcessError) as error:
        print(f"make gil: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What was finished is kept, and the same command goes on from there.", file=sys.stderr)
        return 130
    kept.show(PAGE, BEGIN, END, as_table(kept.load(KEPT)[" ".join(wanted)], *wanted))
    print(f"The table is in {PAGE}.")
    return 0


def measure(pythons: Mapping[str, Path], workload: str, size: str, rounds: int) -> None:
    """Take the rounds that are not kept yet. Raises Failed."""
    stamp = {"kernels": kept.digest(workload), "size": size, "workers": WORKERS, "cpu": kernels.info()["cpu"]}
    for number in range(rounds):
        everything = kept.load(KEPT)
        before = everything.setdefault(" ".join(pythons), {}).get(workload, {})
        if {key: before.get(key) for key in stamp} != stamp:
            before = {**stamp, "seconds": {name: {} for name in pythons}}
        if all(len(before["seconds"][name].get("serial", [])) > number for name in pythons):
            continue
        print(f"{workload}, round {number + 1} of {rounds}", flush=True)
        seconds, before["python"] = one_round(pythons, workload, size, random.Random(f"{workload} {number}"))
        for name, by_strategy in seconds.items():
            for strategy, median in by_strategy.items():
                before["seconds"][name].setdefault(strategy, []).append(median)
        everything[" ".join(pythons)][workload] = before
        kept.save(KEPT, everything)


def one_round(
    pythons: Mapping[str, Path], workload: str, size: str, rng: random.Random
) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
    """The median seconds of each strategy on each Python, and what the Pythons said of themselves."""
    with contextlib.ExitStack() as stack:
        sides = {
            name: stack.enter_context(started(pythons[name], workload, size))
            for name in rng.sample(list(pythons), len(pythons))
        }
        samples: dict[tuple[str, str], list[float]] = {}
        for _ in range(SAMPLES):
            for strategy in rng.sample(STRATEGIES, len(STRATEGIES)):
                for name in rng.sample(list(sides), len(sides)):
                    if strategy in sides[name].strategies:
                        samples.setdefault((name, strategy), []).append(sides[name].run(strategy))
        medians = {
            name: {strategy: statistics.median(samples[name, strategy]) for strategy in sides[name].strategies}
            for name in pythons
        }
        return medians, {name: dict(sides[name].python) for name in pythons}


@contextlib.contextmanager
def started(python: Path, workload: str, size: str) -> Iterator[Side]:
    """A process that runs teams when it is told to; it ends with the block. Raises Failed."""
    environ = {**os.environ, **dict.fromkeys(kernels.BLAS_VARIABLES, "1"), "PYTHONHASHSEED": "0"}
    environ.pop("PYTHON_GIL", None)
    command = [str(python), str(Path(__file__).with_name("runs.py"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    ) as process:
        order = {"workload": workload, "strategies": STRATEGIES, "workers": WORKERS, "size": size}
        said = json.loads(ask(process, json.dumps(order)))
        if said["python"]["free_threaded_build"] and said["python"]["gil"]:
            raise Failed(f"{python} is a free-threaded build whose GIL is on")
        yield Side(process, said["strategies"], said["python"])
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.close()  # it ends by itself, and so do its workers


def ask(process: subprocess.Popen[str], line: str) -> str:
    """The process's answer to a line. Raises Failed with the last line that it had to say if it has ended."""
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101, PT018
    with contextlib.suppress(BrokenPipeError):
        print(line, file=process.stdin, flush=True)
    answer = process.stdout.readline()
    if not answer:
        said = process.stderr.read().strip() or f"it ended with status {process.wait()}"
        raise Failed(said.splitlines()[-1])
    return answer


def as_table(measured: Mapping[str, Any], with_gil: str, without: str) -> str:
    """A line for each workload. All speedups are over serial with a GIL; in brackets the interval of the median."""
    rows = [
        [
            "workload",
            f"serial: {without} / {with_gil}",
            f"threads, {with_gil}",
            f"threads, {without}",
            f"best of processes, {with_gil}",
            f"threads, {without} / processes, {with_gil}",
        ]
    ]
    for workload in (name for name in kernels.workloads() if name in measured):
        seconds: Seconds = measured[workload]["seconds"]
        gil, free = seconds[with_gil], seconds[without]
        best = min(PROCESSES, key=lambda strategy: statistics.median(gil[strategy]))
        rows.append(
            [
                workload,
                median_ratio(free["serial"], gil["serial"]),
                median_ratio(gil["serial"], gil["threaded"], "x"),
                median_ratio(gil["serial"], free["threaded"], "x"),
                f"{best} {median_ratio(gil['serial'], gil[best], 'x')}",
                median_ratio(gil[best], free["threaded"], "x"),
            ]
        )
    return tables.markdown(rows)


def told_apart(measured: Mapping[str, Any], with_gil: str, without: str) -> tuple[int, int, int]:
    """On how many workloads threads without a GIL are faster than the best of processes with one, slower, and neither.

    They are where all rounds say so, as the intervals in the table do.
    """
    faster = slower = 0
    for workload in measured.values():
        seconds: Seconds = workload["seconds"]
        gil, free = seconds[with_gil], seconds[without]
        best = min(PROCESSES, key=lambda strategy: statistics.median(gil[strategy]))
        ratios = [before / after for before, after in zip(gil[best], free["threaded"], strict=True)]
        faster += min(ratios) > 1
        slower += max(ratios) < 1
    return faster, slower, len(measured) - faster - slower


def median_ratio(above: Sequence[float], below: Sequence[float], unit: str = "") -> str:
    """The median of the rounds' ratios, and the least and the greatest: of eight rounds that is its 99 % interval."""
    ratios = [high / low for high, low in zip(above, below, strict=True)]
    return f"{as_factor(statistics.median(ratios))}{unit} ({as_factor(min(ratios))} to {as_factor(max(ratios))})"


if __name__ == "__main__":
    sys.exit(main())
