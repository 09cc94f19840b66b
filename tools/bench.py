"""What ``make bench`` runs: asv at HEAD on every Python that is here, then its report, then a last word."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence

import psutil

from kernels.machine import cpus
from tools.measure import Failed, Outcome, Suite
from tools.pythons import find_pythons

BUSY = 0.1  # of all CPUs, from which on other programs show in the results
INTERRUPTED = 130  # the exit status that a shell gives to Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where there are results and nothing failed."""
    provide_streams()
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--pythons", default="", help="those to run on, as in '3.13 3.13t'; by default all")
    parser.add_argument("--machine", default="", help="this machine's name in the results; by default the host's")
    parser.add_argument("range", nargs="?", default="", help="commits as git rev-list takes them; by default HEAD")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status = bench(options.pythons.split(), options.machine, options.range)
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


def bench(wanted: Sequence[str], machine: str, commit_range: str) -> int:
    suite = Suite(machine)
    commits = suite.commits(commit_range)
    pythons = find_pythons()
    for name in wanted:
        if name not in pythons or name not in suite.pythons:
            here = ", ".join(name for name in suite.pythons if name in pythons) or "none"
            raise Failed(f"no Python {name} to run on; of those in asv.conf.json, there are here: {here}")
    outcomes: dict[str, Outcome] = {}
    for name in wanted or suite.pythons:
        if name in pythons:
            found = pythons[name]
            print(f"\nPython {found.version}{'t' * name.endswith('t')}, {found.executable}", flush=True)
            warn_of_others()
            outcomes[name] = suite.measure(name, found, commits, cpus.usable())
        else:
            outcomes[name] = Outcome("skipped: not found")
    measured = any(outcome.measured for outcome in outcomes.values())
    if measured:
        suite.publish(commits)
    print(last_word(outcomes))
    print(f"Skipped throughout: more workers than the {cpus.usable()} CPUs at hand.")
    if suite.uncommitted():
        print("Not measured: what is not committed in kernels. The benchmarks are taken as they are.")
    if measured:
        print(f"The report is {suite.report}; make preview opens it in a browser.")
    return 0 if measured and not any(outcome.failed for outcome in outcomes.values()) else 1


def warn_of_others() -> None:
    """Say so where other programs are running, since no statistics takes their part out of the results."""
    busy = psutil.cpu_percent(interval=1.0) / 100
    if busy > BUSY:
        print(f"Other programs keep {busy:.0%} of the CPUs busy: what is measured now will be slower.", flush=True)


def last_word(outcomes: Mapping[str, Outcome]) -> str:
    """A line for each Python, and one for each benchmark that failed on it."""
    lines = [""]
    for name, outcome in outcomes.items():
        failed = f"; {len(outcome.failed)} failed:" if outcome.failed else ""
        lines += [f"Python {name}: {outcome.words}{failed}", *(f"    {failure}" for failure in outcome.failed)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
