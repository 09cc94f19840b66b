"""What ``make trials`` runs: whole gates on changes that are known, and ``asv continuous`` on the same.

A trial is one run of either tool in a clone of this project, on a commit that changes nothing, or
that makes one workload do so many per cent more work. Each is a line of docs/gate/trials.jsonl; what
is there is not run again, so that the trials may be spread over days and machines. Trials that were
given another budget than today's stay there, and have a row of their own in the table of docs/gate.md.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from asv_gate.arguments import duration, pattern
from asv_gate.journal import Journal
from asv_gate.replay import Rate
from kernels.commands import files
from kernels.comparing import tables
from kernels.machine import info
from tools.clones import MORE_WORK, clone, commit_all, said

TRIALS = Path("docs", "gate", "trials.jsonl")
DOCUMENT = Path("docs", "gate.md")
BEGIN, END = "<!-- the table of make trials -->\n", "<!-- end of the trials -->\n"
CLONE = Path(".asv-gate", "trials")

WORKLOADS = ("polynomial", "strings", "parzen")
BENCHMARKS = r"^compute\.(Polynomial|Strings|Parzen)\.time_run\('(serial', 1|threaded', 1|pool', 2|shared', 2)\)"
FACTORS = ("1.05", "1.1")  # of asv continuous; 1.1 is its default
TOOLS = {"asv-gate": (0, 0, 5, 10, 20), "asv continuous": (0, 5, 10, 20)}  # the trials of a round, by per cent
# How long they measure. asv's own default of two rounds takes a quarter of a gate of two minutes, eight a little more.
GIVEN = {"asv-gate": "--budget 10m", "asv continuous": "--attribute rounds=8"}
PERCENTS = tuple(sorted({percent for percents in TOOLS.values() for percent in percents}))

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """One run: its round, the tool and what it is given, and what head does more than base."""

    round: int
    tool: str
    given: str
    percent: int
    workload: str

    @property
    def kind(self) -> str:
        return f"{self.tool} {self.percent}"

    @property
    def head(self) -> str:
        return f"{self.workload}-{self.percent}" if self.percent else "same"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 where a trial could not be run, and 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.trials", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="of each kind of trial; default: 10")
    parser.add_argument("--only", type=pattern, default="", metavar="REGEX", help="such as 'asv-gate 5$'")
    parser.add_argument("--for", dest="seconds", type=duration, default=float("inf"), help="then begin no more")
    options = parser.parse_args(arguments)
    deadline = time.monotonic() + options.seconds
    try:
        with Journal(TRIALS, {"kind": "trials", "benchmarks": BENCHMARKS}) as kept:
            done = Counter(Trial(*(line[field.name] for field in fields(Trial))) for line in kept.lines)
            wanted = Counter(trial for trial in trials(options.rounds) if options.only.search(trial.kind))
            left = list((wanted - done).elements())
            commit = clone(CLONE, add_commits) if left else ""
            for trial in left:
                if time.monotonic() > deadline:
                    break
                line = run(trial, commit)
                kept.add(line)
                print(json.dumps(line), flush=True)
            write_table(kept.lines)
    except subprocess.CalledProcessError as error:
        print(f"make trials: {error}\n{error.stderr}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What was finished is kept, and the same command goes on from there.", file=sys.stderr)
        return 130
    return 0


def trials(rounds: int) -> Iterator[Trial]:
    """All of them: each round has one of each kind, in an order of its own, so that drift hits all alike."""
    kinds = [(tool, percent) for tool, percents in TOOLS.items() for percent in percents]
    for number in range(rounds):
        for kind in np.random.default_rng(number).permutation(len(kinds)):
            tool, percent = kinds[kind]
            yield Trial(number, tool, GIVEN[tool], percent, WORKLOADS[number % len(WORKLOADS)])


def add_commits(copy: Path) -> None:
    """A commit for every change, each on top of base."""
    changes = {"same": (WORKLOADS[0], "\n# Changed in nothing.\n")}
    for workload in WORKLOADS:
        for percent in PERCENTS[1:]:
            changes[f"{workload}-{percent}"] = (workload, MORE_WORK.format(percent=percent))
    for name, (workload, text) in changes.items():
        file = copy / "kernels" / "workloads" / f"{workload}.py"
        before = file.read_text()
        file.write_text(before + text)
        commit_all(copy, name)
        said("git", "reset", "--quiet", "--hard", "base", folder=copy)


def run(trial: Trial, commit: str) -> Line:
    """What came of a trial. Raises CalledProcessError where the tool could not do its job."""
    begin = time.monotonic()
    found = gate(trial) if trial.tool == "asv-gate" else {"named": continuous(trial)}
    return {
        **vars(trial),
        **found,
        "seconds": round(time.monotonic() - begin, 1),
        "commit": commit,
        "python": platform.python_version(),
        "cpu": info.collect()["cpu"],
    }


def gate(trial: Trial) -> dict[str, dict[str, list[str]]]:
    """The benchmarks that the gate names as slower, and those that it leaves unsettled as such."""
    command = [sys.executable, "-m", "asv_gate", "run", "base", trial.head, "--bench", BENCHMARKS]
    said(*command, *trial.given.split(), "--report", "report", folder=CLONE, allowed=(0, 1, 3))
    report = json.loads((CLONE / "report" / "report.json").read_text())
    named = [row["name"] for row in report["benchmarks"] if row["verdict"] == "slower"]
    named += ["the suite result"] * ((report["suite"] or {}).get("verdict") == "slower")
    rows = [row for row in report["benchmarks"] if row["verdict"] == "unsettled"]
    return {"named": {"": named}, "unsettled": {"": [row["name"] for row in rows if row["head"] > row["base"]]}}


def continuous(trial: Trial) -> dict[str, list[str]]:
    """The benchmarks that asv continuous names, by its factor: it measures once, and its comparison is repeated."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    asv = [sys.executable, "-m", "asv"]
    of = ["--machine", "trials", "--environment", f"virtualenv:{version}"]
    said(*asv, "machine", "--yes", "--machine", "trials", folder=CLONE)
    what = ["--bench", BENCHMARKS, *trial.given.split()]
    said(*asv, "continuous", *of, *what, "base", trial.head, folder=CLONE, allowed=(0, 1))
    found = {}
    for factor in FACTORS:
        compared = said(*asv, "compare", *of, "--factor", factor, "--only-changed", "base", trial.head, folder=CLONE)
        found[factor] = re.findall(r"^\| \+ .*\| (\S.*?) +\|$", compared, re.MULTILINE)
    return found


def write_table(lines: Sequence[Line]) -> None:
    """Put the table between the marks in the document."""
    before, rest = DOCUMENT.read_text().split(BEGIN)
    _, after = rest.split(END)
    with files.atomic_write(DOCUMENT) as draft:
        draft.write_text(before + BEGIN + as_table(lines) + "\n" + END + after)


def as_table(lines: Sequence[Line]) -> str:
    """A row for a tool, what it was given and its factor: what it found of each slowdown, and whom it blamed."""
    rows = [
        [
            "tool",
            "runs on unchanged code with an alarm",
            "runs on unchanged code that end unsettled",
            *(f"+{percent} % found" for percent in PERCENTS[1:]),
            "runs on a slowdown that end unsettled",
            "runs on a slowdown that blame another workload",
            "time",
        ]
    ]
    for tool, given in sorted({(line["tool"], line["given"]) for line in lines}):
        of_tool = [line for line in lines if (line["tool"], line["given"]) == (tool, given)]
        for factor in dict.fromkeys(factor for line in of_tool for factor in line["named"]):
            unchanged, changed = (
                [line for line in of_tool if bool(line["percent"]) is slower] for slower in (False, True)
            )
            cells = [
                rate([blames_unchanged(line, factor) for line in unchanged]),
                unsettled(unchanged, factor),
                *(rate([finds(line, factor) for line in changed if line["percent"] == each]) for each in PERCENTS[1:]),
                unsettled(changed, factor),
                rate([blames_unchanged(line, factor) for line in changed]),
            ]
            seconds = np.median([line["seconds"] for line in of_tool])
            rows.append([f"`{tool} {given}" + f" --factor {factor}" * bool(factor) + "`", *cells, f"{seconds:.0f} s"])
    return tables.markdown(rows)


def rate(outcomes: Sequence[bool]) -> str:
    return str(Rate(sum(outcomes), len(outcomes))) if outcomes else "not run"


def unsettled(lines: Sequence[Line], factor: str) -> str:
    """The runs that name nothing and leave something unsettled, of those that were made since there is this verdict."""
    since = [line for line in lines if "unsettled" in line]
    if lines and not since:
        return "no such verdict"
    return rate([bool(line["unsettled"][factor]) and not line["named"][factor] for line in since])


def finds(line: Line, factor: str) -> bool:
    """It names a benchmark of the workload that was slowed."""
    return any(name.startswith(slowed(line)) for name in line["named"][factor])


def blames_unchanged(line: Line, factor: str) -> bool:
    """It names something that is no slower: on unchanged code anything at all."""
    slower = (slowed(line), "the suite") if line["percent"] else ()
    return any(not name.startswith(slower) for name in line["named"][factor])


def slowed(line: Line) -> str:
    return f"compute.{line['workload'].capitalize()}."


if __name__ == "__main__":
    sys.exit(main())
