"""What several commands are asked: which suite, what is compared in which environments, and how it is decided."""

import argparse
from pathlib import Path

from asv_gate.arguments import duration, expression, fraction, path, requirement, variable, word
from asv_gate.request import METRIC_THRESHOLD, Choice, Request
from asv_gate.settings import Settings

ALL = "all"


def comparison(command: argparse.ArgumentParser) -> None:
    """How two sides are compared, and of what: all of this module."""
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
    suite(command)
    choices(command)
    decision(command)


def choices(command: argparse.ArgumentParser) -> None:
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


def suite(command: argparse.ArgumentParser) -> None:
    """A suite in one of its environments, and which of its benchmarks."""
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
    bench(command)


def bench(command: argparse.ArgumentParser) -> None:
    """Which of a suite's benchmarks."""
    command.add_argument(
        "--bench",
        type=expression,
        action="append",
        default=[],
        metavar="REGEX",
        help="only benchmarks that it is found in; repeatable",
    )


def decision(command: argparse.ArgumentParser) -> None:
    """How long is measured, and what follows."""
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


def request_of(options: argparse.Namespace) -> Request:
    """What is asked for with `comparison`. Raises GateError for a value that makes no sense."""
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
        settings=settings_of(options),
        metric_threshold=options.metric_threshold,
        timeout=options.timeout,
        installations=options.installations,
    )


def settings_of(options: argparse.Namespace) -> Settings:
    """What is asked for with `decision`. Raises GateError for a value that makes no sense."""
    return Settings(options.alpha, options.threshold, options.budget, limit=options.budget_limit)
