"""What ``make bench`` runs: HEAD in pairs with the reference on every Python that is here, the report, a last word."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence

import psutil

from asv_gate.arguments import duration
from kernels.machine import cpus
from tools.measure import Failed, Outcome, Suite, environ_of
from tools.pythons import find_pythons

BUSY = 0.1  # of all CPUs, from which on other programs show in the results
INTERRUPTED = 130  # the exit status that a shell gives to Ctrl-C
# What is measured first on a new machine is its reference. This one is on most machines, and will be for years.
REFERENCE = "3.13"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where there are results and nothing failed."""
    provide_streams()
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--pythons", default="", help="those to run on, as in '3.13 3.13t'; by default all")
    parser.add_argument("--machine", default="", help="this machine's name in the results; by default its CPU's")
    parser.add_argument("--all", action="store_true", help="measure the whole catalogue, and not its core alone")
    parser.add_argument("--budget", type=duration, help="of a commit's pairs on a Python; by default 4m, --all: 1h")
    parser.add_argument("range", nargs="?", default="", help="commits as git rev-list takes them; by default HEAD")
    options = parser.parse_args(arguments)
    try:
        status = bench(options.pythons.split(), options.machine, options.range, options.all, options.budget)
        sys.stdout.flush()
        return status
    except Failed as error:
        say(f"make bench: {error}")
        return 1
    except OSError as error:
        if sys.flags.dev_mode:  # python -X dev
            raise
        say(f"make bench: {error}. What was finished is kept.")
        with contextlib.suppress(OSError):  # where it was the output that failed, it would fail again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. What was finished is kept, and the same command goes on from there.")
        return INTERRUPTED


def provide_streams() -> None:
    """Open the null device for each standard stream that is closed: asv prints, and hands the streams on."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the least number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def say(message: str) -> None:
    """Tell it on stderr, if that can be written to: the exit status does not depend on it."""
    with contextlib.suppress(OSError):
        print(message, file=sys.stderr, flush=True)


def bench(wanted: Sequence[str], machine: str, commit_range: str, everything: bool, budget: float | None) -> int:
    suite = Suite(machine)
    commits = suite.commits(commit_range)
    pythons = find_pythons()
    for name in wanted:
        if name not in pythons or name not in suite.pythons:
            there = ", ".join(name for name in suite.pythons if name in pythons) or "none"
            raise Failed(f"no Python {name} to run on; of those in asv.conf.json, there are here: {there}")
    here = {name: pythons[name] for name in suite.pythons if name in pythons}
    outcomes: dict[str, list[Outcome]] = {name: [] for name in wanted or suite.pythons}
    warn_of_others()
    with environ_of(here):
        for commit in reversed(commits):  # in the order of commits, so that neighbours in a series are hours apart
            for name in sorted(outcomes, key=lambda name: name != REFERENCE):
                if name in here:
                    print(f"\n{commit[:8]} on Python {name}, {here[name].version}", flush=True)
                    outcomes[name].append(suite.measure(name, commit, cpus.usable(), everything, budget))
    came = [outcome for each in outcomes.values() for outcome in each]
    measured = any(outcome.measured for outcome in came)
    if measured:
        suite.publish(commits)
    print(last_word(outcomes))
    print(f"Skipped throughout: more workers than the {cpus.usable()} CPUs at hand.")
    if suite.uncommitted():
        print("Not measured: what is not committed in kernels. The benchmarks are taken as they are.")
    if measured:
        print(f"The report is {suite.report}; make preview opens it in a browser.")
    return 0 if measured and not any(outcome.failed for outcome in came) else 1


def warn_of_others() -> None:
    """Say so where other programs are running: pairs stand it, at the price of more of them."""
    busy = psutil.cpu_percent(interval=1.0) / 100
    if busy > BUSY:
        print(
            f"Other programs keep {busy:.0%} of the CPUs busy: what is measured now will be less precise.", flush=True
        )


def last_word(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """For each Python a line for each commit, and one for each benchmark that failed with it."""
    lines = [""]
    for name, came in outcomes.items():
        lines.append(f"Python {name}:" if came else f"Python {name}: skipped: not found")
        lines += [f"    {line}" for outcome in came for line in outcome.words.splitlines()]
    return "\n".join(lines)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
