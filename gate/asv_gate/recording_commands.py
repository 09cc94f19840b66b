"""``asv-gate record``, ``replay`` and ``calibrate`` on the command line."""

import argparse
import math
from pathlib import Path

from asv_gate import calibrate, recording
from asv_gate.arguments import duration, fraction, path, pattern, whole, word
from asv_gate.errors import GateError
from asv_gate.options import ALL, decision, settings_of, suite
from asv_gate.progress import ConsoleProgress
from asv_gate.replay import Injection, replay
from asv_gate.report.model import Status
from asv_gate.report.words import count, percent
from asv_gate.workspace import Workspace


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them."""
    record = commands.add_parser("record", help="make an A/A recording; the same command goes on with it")
    record.set_defaults(command=record_command, goes_on="; the same command goes on from here")
    record.add_argument("recording", type=path, metavar="RECORDING", help="a file of JSON lines")
    record.add_argument("--commit", type=word, help="by default that of the recording so far, at first HEAD")
    record.add_argument("--pairs", type=whole(1), default=60, metavar="N", help="of each benchmark; by default 60")
    record.add_argument(
        "--for", dest="seconds", type=duration, default=math.inf, metavar="3m", help="then stop, for now"
    )
    suite(record)

    replaying = commands.add_parser("replay", help="decide virtual runs drawn from an A/A recording")
    replaying.set_defaults(command=replay_command, goes_on="")
    replaying.add_argument("--inject", type=fraction, metavar="5%", help="slow a benchmark of head down in each run")
    replaying.add_argument(
        "--only", type=pattern, metavar="REGEX", default="", help="which benchmarks may be slowed down"
    )
    replaying.add_argument(
        "--at-once", type=whole(0), default=1, metavar="N", help="so many of them in each run; 0 for all"
    )
    calibrating = commands.add_parser("calibrate", help="false alarms and power by replay, for `run` to print")
    calibrating.set_defaults(command=calibrate_command, goes_on="")
    calibrating.add_argument(
        "--config", type=path, default=Path("asv.conf.json"), help="asv's, beside which it is kept"
    )
    for command in (replaying, calibrating):
        command.add_argument("recording", type=path, metavar="RECORDING", help="what `record` has recorded")
        command.add_argument("--gates", type=whole(1), default=2000, metavar="N", help="virtual runs; by default 2000")
        command.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of what is drawn; by default 0")
        decision(command)


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
            found, settings_of(options), runs=options.gates, seed=options.seed, injection=injection, tell=progress.done
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

        calibration = calibrate.calibrate(found, settings_of(options), runs=options.gates, seed=options.seed, tell=tell)
    calibrate.write(path, calibration)
    print("\n".join(calibrate.table(calibration)))
    print(f"Written to {path}; asv-gate run tells of it.")
    return Status.OK
