"""The command line; what is not ``run`` or ``plan`` is in `recording_commands` and `asv_gate.history.commands`."""

import argparse
import contextlib
import secrets
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from asv_gate import __version__, asvlink, calibrate, gate, plan, processes, recording_commands
from asv_gate.arguments import fraction, path, whole, word
from asv_gate.errors import GateError
from asv_gate.history import commands as history_commands
from asv_gate.options import ALL, comparison, request_of
from asv_gate.progress import ConsoleProgress
from asv_gate.report import planned, unwritable, write_all
from asv_gate.report.model import Report, Status
from asv_gate.report.terminal import show

GRAVEST_FIRST = (Status.UNABLE, Status.REGRESSION, Status.UNDERPOWERED, Status.OK)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 no regression, 1 regression, 2 could not do its job, 3 less power than required."""
    options = parser().parse_args(arguments)
    try:
        with interruptible(), processes.guarded():
            status: int = options.command(options)
            return status
    except GateError as error:
        print(f"asv-gate: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"\nasv-gate: interrupted{options.goes_on}", file=sys.stderr)
    except OSError as error:  # a disk that is full, a folder that cannot be written
        where = f"{error.filename}: " if error.filename else ""
        print(f"asv-gate: {where}{error.strerror or error}", file=sys.stderr)
    except Exception:  # Python's own exit status for it is 1, which here is a regression
        traceback.print_exc()
    return Status.UNABLE


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Within the block SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, but for those that the caller has ignored.

    nohup has SIGHUP ignored, and a shell the SIGINT of what it starts in the background.
    """
    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="asv-gate",
        description="Compare commits by an asv suite, in pairs of processes. `asv-gate COMMAND --help` tells more.",
    )
    top.add_argument("--version", action="version", version=f"asv-gate {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="compare two commits or environments, and fail where head is slower",
        epilog="Exit status: 0 no regression; 1 regression; 2 the gate could not do its job; "
        "3 no regression is certain, but something stands out that the budget did not suffice for, "
        "or --require-power is not met.",
    )
    run.set_defaults(command=run_in_environments, goes_on="; with --resume, the same command goes on from here")
    run.add_argument(
        "base",
        type=word,
        metavar="BASE",
        nargs="?",
        help="a commit by any name that git knows; without one, the environments of HEAD are compared",
    )
    run.add_argument("head", type=word, metavar="HEAD", nargs="?", default="HEAD", help="by default HEAD")
    run.add_argument("--seed", type=whole(0), metavar="N", help="of the order of things; by default by chance")
    comparison(run)
    run.add_argument("--report", type=path, metavar="DIR", help="where the reports go; by default the run's own folder")
    run.add_argument("--all", action="store_true", help="print unchanged benchmarks too, each in lines of its own")
    run.add_argument("--require-power", type=fraction, metavar="10%", help="exit 3 if such a slowdown could be missed")
    run.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same request")
    run.add_argument(
        "--prune",
        action="store_true",
        help="keep of .asv-gate only what the next run against BASE can use",
    )
    _add_plan(commands)
    recording_commands.add(commands)
    history_commands.add(commands)
    return top


def _add_plan(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    plan = commands.add_parser(
        "plan",
        help="what `run` would measure, what a pair takes, and the budget that 5 and 10 %% need",
        description="Installs both commits and runs each benchmark once. A budget is enough for a slowdown where a run "
        "finds it nine times in ten, in whichever benchmark it is.",
        epilog="Exit status: 0, or 2 where a run could do nothing.",
    )
    plan.set_defaults(command=plan_command, goes_on="")
    plan.add_argument("base", type=word, metavar="BASE", nargs="?", help="a commit; by default HEAD's")
    plan.add_argument("head", type=word, metavar="HEAD", nargs="?", default="HEAD", help="by default HEAD")
    plan.add_argument(
        "--pairs",
        type=whole(2),
        default=0,
        metavar="N",
        help="of each benchmark, to measure its noise; by default it is assumed",
    )
    plan.add_argument("--json", action="store_true", help="print JSON")
    comparison(plan)


def run_in_environments(options: argparse.Namespace) -> int:
    """The status of the one environment that is asked for, or the gravest of all."""
    if ALL not in (options.environment, options.python):
        return run_command(options)
    if any((options.base_python, options.base_environment, options.base_requirement, options.base_env)):
        raise GateError("one environment is compared with base's: name it in place of `all`")
    if options.prune:
        raise GateError("--prune keeps what one environment needs: choose one")
    suite = asvlink.resolve(options.config, [])
    seed = options.seed
    if seed is None and not options.resume:
        seed = secrets.randbelow(2**32)
    statuses = []
    for name in (suite.environment, *suite.others):
        print(f"Environment {name}", file=sys.stderr)
        folder = options.report / name if options.report else None
        chosen = {**vars(options), "environment": name, "python": None, "report": folder, "seed": seed}
        try:
            report = compare(argparse.Namespace(**chosen), of_several=True)
        except GateError as error:
            print(f"asv-gate: {name}: {error}", file=sys.stderr)
            statuses.append(Status.UNABLE)
        else:
            statuses.append(report.status)
            seed = report.seed
    return next(status for status in GRAVEST_FIRST if status in statuses)


def run_command(options: argparse.Namespace) -> int:
    return compare(options).status


def compare(options: argparse.Namespace, *, of_several: bool = False) -> Report:
    """Run, write the reports, and print what was found."""
    request = request_of(options)
    if options.base is None and not request.base_choice:
        raise GateError("BASE is missing: name a commit, or what differs in base, as with --base-python")
    request = replace(
        request,
        seed=options.seed,
        require_power=options.require_power,
        resume=options.resume,
        of_several=of_several,
        prune=options.prune,
    )
    wanted: Path | None = options.report
    if wanted is not None and (why := unwritable(wanted)):
        print(f"asv-gate: {why}; the reports go to the run's own folder", file=sys.stderr)
        wanted = None
    with ConsoleProgress() as progress:
        report, folder = gate.run(request, progress, lambda space: calibrate.words(space.calibration, request.settings))
    written, lost = write_all(report, wanted or folder)
    for why in lost:
        print(f"asv-gate: {why}", file=sys.stderr)
    show(report, written, Console(), everything=options.all)
    return report


def plan_command(options: argparse.Namespace) -> int:
    if ALL in (options.environment, options.python):
        raise GateError("a plan is of one environment: name it")
    with ConsoleProgress() as progress:
        made = plan.plan(request_of(options), options.pairs, progress)
    print(planned.as_json(made) if options.json else "\n".join(planned.as_lines(made)))
    return Status.OK
