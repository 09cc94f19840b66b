"""What ``make bench`` runs: asv at HEAD on every Python that is here, then its report, then a last word."""

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence

import psutil
from asv.console import log
from asv.util import ProcessError, UserError

from kernels.machine import cpus
from tools.measure import Outcome, Suite
from tools.pythons import find_pythons

BUSY = 0.1  # of all CPUs, from which on other programs show in the results
INTERRUPTED = 130  # the exit status that a shell gives to Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where there are results and nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--pythons", default="", help="those to run on, as in '3.11 3.13'; by default all")
    parser.add_argument("--machine", default="", help="this machine's name in the results; by default the host's")
    parser.add_argument("range", nargs="?", default="", help="commits as git rev-list takes them; by default HEAD")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log.enable(verbose=False)
    try:
        return bench(options.pythons.split(), options.machine, options.range)
    except (UserError, ProcessError) as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What was finished is kept, and the same command goes on from there.", file=sys.stderr)
        return INTERRUPTED


def bench(wanted: Sequence[str], machine: str, commit_range: str) -> int:
    suite = Suite(machine)
    commits = suite.commits(commit_range)
    pythons, freethreaded = find_pythons()
    for name in wanted:
        if name not in pythons or name not in suite.pythons:
            here = ", ".join(name for name in suite.pythons if name in pythons) or "none"
            raise UserError(f"no Python {name} to run on; of those in asv.conf.json, there are here: {here}")
    outcomes: dict[str, Outcome] = {}
    for name in wanted or suite.pythons:
        if name in pythons:
            found = pythons[name]
            print(f"\nPython {found.version}, in {found.folder}", flush=True)
            warn_of_others()
            log.set_nitems(0)  # asv's progress counts from 0 % for each of them
            outcomes[name] = suite.measure(name, found.folder, commits, cpus.usable())
        else:
            outcomes[name] = Outcome("skipped: not found")
    for name in [] if wanted else freethreaded:
        outcomes[name] = Outcome("skipped: asv.conf.json has no free-threaded builds yet")
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
