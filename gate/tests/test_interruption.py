"""Interrupted runs: nothing is left, nothing is half written, and the next run goes on."""

import json
import signal
import time
from pathlib import Path

import pytest
from commands import SECONDS, Done, asv_gate, of_folder, started

REQUEST = ("run", "base", "slower", "--bench", "track_changing", "--budget", "60s")
GONE_SECONDS = 20.0


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob(".asv-gate/runs/*/journal.jsonl"))


def pairs(journal: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.read_bytes().splitlines()[1:]]


def interrupt(
    folder: Path, how: signal.Signals, after: int, request: tuple[str, ...] = REQUEST, gone: float = GONE_SECONDS
) -> tuple[Path, Done]:
    """Start a run, and end it when it has measured so many pairs."""
    before = set(journals(folder))
    with started(folder, *request) as process:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            new = [journal for journal in journals(folder) if journal not in before]
            if new and new[0].read_bytes().count(b"\n") > after:
                break
            time.sleep(0.01)
        process.send_signal(how)
        output, errors = process.communicate(timeout=gone)
    return new[0], Done(process.returncode, output, errors)


def require_nothing_left(folder: Path) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while left := of_folder(folder):
        assert time.monotonic() < deadline, [process.cmdline() for process in left]
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_2_leaves_nothing_and_is_gone_on_with(thing: Path, how: signal.Signals) -> None:
    journal, done = interrupt(thing, how, after=4)
    assert done.status == 2, done.said
    assert "--resume" in done.errors
    require_nothing_left(thing)
    measured = pairs(journal)
    assert len(measured) >= 3

    resumed = asv_gate(thing, *REQUEST, "--resume")
    assert resumed.status == 1, resumed.said
    assert pairs(journal)[: len(measured)] == measured
    rounds = [(line["round"], line["name"]) for line in pairs(journal) if "round" in line]
    assert len(set(rounds)) == len(rounds)
    assert "track_changing" in resumed.output.splitlines()[-1]


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_the_caller_ignores_is_ignored(thing: Path, how: signal.Signals) -> None:
    """As nohup does with SIGHUP, a shell with the SIGINT of what it starts in the background, and some services."""
    before = signal.signal(how, signal.SIG_IGN)
    try:
        _, done = interrupt(thing, how, 0, ("run", "base", "larger", "--bench", "track_count"), SECONDS)
    finally:
        signal.signal(how, before)
    assert done.status == 1, done.said


def test_a_killed_run_leaves_no_process(thing: Path) -> None:
    _, done = interrupt(thing, signal.SIGKILL, after=2)
    assert done.status == -signal.SIGKILL
    require_nothing_left(thing)


def test_two_runs_at_once_do_not_disturb_each_other(thing: Path) -> None:
    before = set(journals(thing))
    with started(thing, *REQUEST) as first, started(thing, *REQUEST) as second:
        said = [process.communicate(timeout=200) for process in (first, second)]
    assert [first.returncode, second.returncode] == [1, 1], said
    assert len(set(journals(thing)) - before) == 2
