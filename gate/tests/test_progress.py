"""What is told while a command works: lines with times in a log, and never an escape."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from asv_gate import progress
from asv_gate.progress import ConsoleProgress


def test_a_log_has_a_line_with_its_time_for_each_stage_and_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    console = Console(file=io.StringIO(), width=20)
    with ConsoleProgress(console) as told:
        told.stage("Dry run of 2 benchmarks")
        told.item("suite.time_it('a long name [red]', '\x1b[31m'): base 0.5 s, head 0.5 s")
        told.done(1, 2)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said == (
        "[  0:00] Dry run of 2 benchmarks\n[  0:00]   suite.time_it('a long name [red]', ''): base 0.5 s, head 0.5 s\n"
    )


def test_a_log_that_is_quiet_is_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    console = Console(file=io.StringIO())
    told = ConsoleProgress(console)
    told.stage("Measuring")
    now[0] = 1.0
    told.done(1, 4)
    now[0] = progress.QUIET_SECONDS - 1
    told.still()
    now[0] = 40.0
    told.still()
    told.still()
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said == "[  0:00] Measuring\n[  0:40]   still: Measuring, 25%, about 2 min 0 s left\n"


def test_what_an_interrupted_run_has_left_tells_nothing_of_the_time_that_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    console = Console(file=io.StringIO())
    told = ConsoleProgress(console)
    told.stage("Measuring")
    told.done(2, 4)
    now[0] = 40.0
    told.still()
    told.done(3, 4)
    now[0] = 80.0
    told.still()
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.splitlines()[1:] == [
        "[  0:40]   still: Measuring",
        "[  1:20]   still: Measuring, 75%, about 1 min 20 s left",
    ]


def test_a_terminal_has_no_times(tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    console = Console(file=Terminal(), force_terminal=True, width=80)
    with ConsoleProgress(console) as told:
        told.stage("Measuring")
        told.item("one of many")
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Measuring" in said
    assert "[  0:00]" not in said
    assert "one of many" not in said
