"""What an argument may be is checked before anything is done: a line names it, its value, and what is allowed."""

import argparse

import pytest

from asv_gate import cli

RECORD, RUN, REPLAY, CALIBRATE = ("record", "file"), ("run", "base"), ("replay", "file"), ("calibrate", "file")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("run", ""), "argument BASE: must be a name, not ''"),
        (("run", "base", " "), "argument HEAD: must be a name, not ' '"),
        ((*RUN, "--budget", "10"), "argument --budget: must be like 90s, 10m or 1h, not '10'"),
        ((*RUN, "--budget", "0s"), "must be like 90s"),
        ((*RUN, "--budget", "1..5m"), "must be like 90s"),
        ((*RUN, "--budget", "infm"), "must be like 90s"),
        ((*RUN, "--budget", ".s"), "must be like 90s"),
        ((*RUN, "--threshold", "5%%"), "must be like 5% or 0.05, not '5%%'"),
        (
            (
                *RUN,
                "--threshold=-1%",
            ),
            "must be like 5% or 0.05, not '-1%'",
        ),
        ((*RUN, "--alpha", "nan"), "must be like 5%"),
        ((*RUN, "--require-power", "1e-2"), "must be like 5%"),
        (
            (
                *RUN,
                "--seed=-1",
            ),
            "argument --seed: must be an integer of at least 0, not '-1'",
        ),
        ((*RUN, "--seed", "1.0"), "must be an integer of at least 0"),
        ((*RUN, "--seed", "1_0"), "must be an integer of at least 0"),
        ((*RUN, "--installations", "3"), "argument --installations: invalid choice: 3"),
        ((*RUN, "--report", ""), "argument --report: must be a path, not ''"),
        ((*RUN, "--config", ""), "argument --config: must be a path, not ''"),
        ((*RUN, "--python", ""), "argument --python: must be a name, not ''"),
        ((*RUN, "--base-python", ""), "argument --base-python: must be a name, not ''"),
        ((*RUN, "--requirement", "numpy>=2"), "must be a package and its version, like numpy==2.2.6, not 'numpy>=2'"),
        ((*RUN, "--base-requirement", "numpy"), "argument --base-requirement: must be a package and its version"),
        ((*RUN, "--env", "PYTHON_JIT"), "must be a variable and its value, like PYTHON_JIT=1, not 'PYTHON_JIT'"),
        ((*RUN, "--base-env", "=1"), "argument --base-env: must be a variable and its value"),
        ((*RECORD, "--pairs", "0"), "argument --pairs: must be an integer of at least 1, not '0'"),
        ((*RECORD, "--commit", ""), "argument --commit: must be a name"),
        (("record", ""), "argument RECORDING: must be a path"),
        ((*REPLAY, "--gates", "0"), "argument --gates: must be an integer of at least 1, not '0'"),
        ((*REPLAY, "--at-once=-1"), "argument --at-once: must be an integer of at least 0, not '-1'"),
        ((*REPLAY, "--only", "("), "argument --only: must be a regular expression, not '('"),
        ((*CALIBRATE, "--config", ""), "argument --config: must be a path"),
        ((*RUN, "--bench", "("), "argument --bench: must be a regular expression, not '('"),
        (("history", ""), "argument RANGE: must be a name, not ''"),
        (("history", "--bench", "("), "argument --bench: must be a regular expression, not '('"),
        (("history", "--machine", "../elsewhere"), "argument --machine: must be the name of a folder, without / or"),
        (("history", "--machine", ""), "argument --machine: must be the name of a folder"),
        (("history", "--reference", ""), "argument --reference: must be a name"),
        (("results", "keep", "--branch", ""), "argument --branch: must be a name"),
        (("find", "good", "", "--bench", "x"), "argument BAD: must be a name"),
        (("find", "good", "bad", "--bench", "["), "argument --bench: must be a regular expression"),
    ],
)
def test_it_is_refused_in_a_line(arguments: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.parser().parse_args(arguments)
    assert ended.value.code == 2
    assert line in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0), (".5m", 30.0), ("2. s", 2.0)]
)
def test_times_have_units(text: str, seconds: float) -> None:
    assert cli.parser().parse_args(["run", "base", "--budget", text]).budget == seconds


@pytest.mark.parametrize(("text", "fraction"), [("5%", 0.05), ("0.05", 0.05), ("12.5 %", 0.125), ("0", 0.0)])
def test_fractions_may_be_percent(text: str, fraction: float) -> None:
    assert cli.parser().parse_args(["run", "base", "--threshold", text]).threshold == pytest.approx(fraction)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("numpy==2.2.6", ("numpy", "2.2.6")),
        ("NumPy == 2.2.6", ("numpy", "2.2.6")),
        ("pip+six==1.17.0", ("pip+six", "1.17.0")),
        ("dask[array]==2024.*", ("dask[array]", "2024.*")),
        ("torch==2.6.0+cpu", ("torch", "2.6.0+cpu")),
    ],
)
def test_requirements_are_a_name_and_a_version(text: str, parsed: tuple[str, str]) -> None:
    assert cli.parser().parse_args(["run", "--requirement", text]).requirement == [parsed]


def test_every_argument_of_every_command_is_read_by_a_type() -> None:
    """A new one, too: as text alone it would be refused late, or by something else that it is handed to."""
    (commands,) = (each for each in cli.parser()._actions if isinstance(each, argparse._SubParsersAction))
    assert set(commands.choices) >= {"run", "plan", "record", "replay", "calibrate", "history", "results", "find"}
    for name, command in commands.choices.items():
        for each in command._actions:
            if each.nargs != 0 and each.choices is None:
                assert each.type is not None, f"{name} {each.option_strings or each.dest}"
