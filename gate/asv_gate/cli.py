"""The command line; ``history`` and ``find`` are in `asv_gate.history.commands`."""

import argparse
import contextlib
import math
import secrets
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from asv_gate import __version__, asvlink, calibrate, gate, plan, processes, recording
from asv_gate.arguments import duration, fraction, path, pattern, requirement, variable, whole, word
from asv_gate.decide import Settings
from asv_gate.errors import GateError
from asv_gate.history import commands as history
from asv_gate.progress import ConsoleProgress
from asv_gate.replay import Injection, replay
from asv_gate.report import planned, unwritable, write_all
from asv_gate.report.model import Report, Status
from asv_gate.report.terminal import show
from asv_gate.report.words import count, percent
from asv_gate.request import METRIC_THRESHOLD, Choice, Request
from asv_gate.workspace import Workspace

ALL = "all"
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
    _comparison(run)
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
    _add_recording_commands(commands)
    history.add(commands, fraction, duration)
    return top


def _add_recording_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    record = commands.add_parser("record", help="make an A/A recording; the same command goes on with it")
    record.set_defaults(command=record_command, goes_on="; the same command goes on from here")
    record.add_argument("recording", type=path, metavar="RECORDING", help="a file of JSON lines")
    record.add_argument("--commit", type=word, help="by default that of the recording so far, at first HEAD")
    record.add_argument("--pairs", type=whole(1), default=60, metavar="N", help="of each benchmark; by default 60")
    record.add_argument(
        "--for", dest="seconds", type=duration, default=math.inf, metavar="3m", help="then stop, for now"
    )
    _suite(record)

    replay = commands.add_parser("replay", help="decide virtual runs drawn from an A/A recording")
    replay.set_defaults(command=replay_command, goes_on="")
    replay.add_argument("--inject", type=fraction, metavar="5%", help="slow a benchmark of head down in each run")
    replay.add_argument("--only", type=pattern, metavar="REGEX", default="", help="which benchmarks may be slowed down")
    replay.add_argument(
        "--at-once", type=whole(0), default=1, metavar="N", help="so many of them in each run; 0 for all"
    )
    calibrate = commands.add_parser("calibrate", help="false alarms and power by replay, for `run` to print")
    calibrate.set_defaults(command=calibrate_command, goes_on="")
    calibrate.add_argument("--config", type=path, default=Path("asv.conf.json"), help="asv's, beside which it is kept")
    for command in (replay, calibrate):
        command.add_argument("recording", type=path, metavar="RECORDING", help="what `record` has recorded")
        command.add_argument("--gates", type=whole(1), default=2000, metavar="N", help="virtual runs; by default 2000")
        command.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of what is drawn; by default 0")
        _decision(command)


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
    _comparison(plan)


def _comparison(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--metric-threshold",
        type=fraction,
        default=METRIC_THRESHOLD,
        metavar="5%",
        help="the change from which a metric that does not vary has changed; by default 5%%",
    )
    command.add_argument(
        "--timeout", type=duration, metavar="60s", help="of any benchmark, where its own is longer; by default its own"
    )
    command.add_argument(
        "--installations",
        type=int,
        choices=(1, 2),
        default=2,
        help="of each commit, against accidents of layout; by default 2",
    )
    _suite(command)
    _add_choices(command)
    _decision(command)


def _add_choices(command: argparse.ArgumentParser) -> None:
    """What environments are made of; each is for both sides, but for what is said of base."""
    command.add_argument("--base-python", type=word, metavar="X.Y", help="base's, where it is not head's")
    command.add_argument("--base-environment", type=word, metavar="SPEC", help="base's, where it is not head's")
    kinds = (("requirement", requirement, "NAME==VERSION"), ("env", variable, "NAME=VALUE"))
    for (name, kind, like), what in zip(kinds, ("a package's version", "a variable of the benchmarks"), strict=True):
        command.add_argument(
            f"--{name}",
            type=kind,
            action="append",
            default=[],
            metavar=like,
            help=f"{what}, in place of the config's; repeatable",
        )
        command.add_argument(
            f"--base-{name}",
            type=kind,
            action="append",
            default=[],
            metavar=like,
            help="base's, where it is not head's; repeatable",
        )


def _suite(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", type=path, default=Path("asv.conf.json"), help="asv's; by default asv.conf.json")
    command.add_argument(
        "-E",
        "--environment",
        type=word,
        metavar="SPEC",
        help="as asv takes it: conda, virtualenv:3.12, the name of one; `run` takes `all`, one after another",
    )
    command.add_argument(
        "--python",
        type=word,
        metavar="X.Y",
        help="one of the config's, by default the one that runs asv-gate; `run` takes `all`",
    )
    command.add_argument(
        "--bench", action="append", default=[], metavar="REGEX", help="only benchmarks that it is found in; repeatable"
    )


def _decision(command: argparse.ArgumentParser) -> None:
    command.add_argument("--budget", type=duration, default=600.0, metavar="10m", help="of measuring; by default 10m")
    command.add_argument(
        "--budget-limit",
        type=duration,
        default=0.0,
        metavar="15m",
        help="what it grows to for what stands out and is not settled; by default half as much again",
    )
    command.add_argument(
        "--threshold", type=fraction, default=0.01, metavar="1%", help="a slowdown up to which is none; by default 1%%"
    )
    command.add_argument(
        "--alpha",
        type=fraction,
        default=0.01,
        metavar="1%",
        help="the share of runs on unchanged code that may raise an alarm; by default 1%%",
    )


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
    request = _request(options)
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
        made = plan.plan(_request(options), options.pairs, progress)
    print(planned.as_json(made) if options.json else "\n".join(planned.as_lines(made)))
    return Status.OK


def record_command(options: argparse.Namespace) -> int:
    if ALL in (options.environment, options.python):
        raise GateError("a recording is of one environment: name it")
    request = recording.RecordRequest(
        path=options.recording,
        pairs=options.pairs,
        commit=options.commit,
        config=options.config,
        python=options.python,
        environment=options.environment,
        bench=options.bench,
        seconds=options.seconds,
    )
    with ConsoleProgress() as progress:
        done, total = recording.record(request, progress)
    print(f"{options.recording} has {done} of {total} pairs." + ("" if done == total else " The same command goes on."))
    return Status.OK


def replay_command(options: argparse.Namespace) -> int:
    found = recording.load(options.recording)
    injection = None
    if options.inject is not None:
        targets = [i for i, name in enumerate(found.names) if options.only.search(name)]
        if not targets or options.at_once > len(targets):
            raise GateError(
                f"{len(targets)} benchmarks of {options.recording} have a name like {options.only.pattern!r}"
            )
        injection = Injection(options.inject, targets, options.at_once or len(targets))
    with ConsoleProgress() as progress:
        benchmarks = count(len(found.names), "benchmark")
        progress.stage(f"{options.gates} virtual runs of {benchmarks}, {len(found.d)} pairs each")
        replayed = replay(
            found, _settings(options), runs=options.gates, seed=options.seed, injection=injection, tell=progress.done
        )
    print(f"Runs with an alarm: {replayed.alarms}")
    print(f"Runs without an alarm in which something stays unsettled: {replayed.unsettled}")
    print(f"Runs that name a benchmark which was not slowed down: {replayed.wrong}")
    if injection is not None:
        print(f"Slowdowns of {percent(injection.slowdown)} found and named: {replayed.found}")
        for name, rate in replayed.by_noise:
            print(f"  of benchmarks with pair noise {name}: {rate if rate.of else 'there were none'}")
    print(f"A run measures for {replayed.seconds:.0f} s (median).")
    return Status.OK


def calibrate_command(options: argparse.Namespace) -> int:
    found = recording.load(options.recording)
    path = Workspace(options.config).calibration
    with ConsoleProgress() as progress:

        def tell(words: str, done: int, total: int) -> None:
            if done == 1:
                progress.stage(words)
            progress.done(done, total)

        calibration = calibrate.calibrate(found, _settings(options), runs=options.gates, seed=options.seed, tell=tell)
    calibrate.write(path, calibration)
    print("\n".join(calibrate.table(calibration)))
    print(f"Written to {path}; asv-gate run tells of it.")
    return Status.OK


def _request(options: argparse.Namespace) -> Request:
    base_choice = Choice(
        options.base_python, options.base_environment, dict(options.base_requirement), dict(options.base_env)
    )
    return Request(
        base=options.base or options.head,
        head=options.head,
        config=options.config,
        choice=Choice(options.python, options.environment, dict(options.requirement), dict(options.env)),
        base_choice=base_choice,
        bench=options.bench,
        settings=_settings(options),
        metric_threshold=options.metric_threshold,
        timeout=options.timeout,
        installations=options.installations,
    )


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(options.alpha, options.threshold, options.budget, limit=options.budget_limit)
