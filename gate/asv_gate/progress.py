"""What a person is told while a command works: a bar on a terminal, and lines with times in a log."""

import threading
from time import monotonic
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from asv_gate.report.text import line
from asv_gate.report.words import duration

INSTANT = 0.5  # seconds: what is done so soon was measured by an interrupted run, and tells nothing of the rest's time
QUIET_SECONDS = 30.0  # after which a log gets a line all the same: CI systems end jobs that print nothing


class Progress(Protocol):
    """Who is told how a command goes on."""

    def stage(self, words: str) -> None:
        """Something else begins."""

    def done(self, part: float, whole: float) -> None:
        """So much of it is done."""

    def item(self, words: str) -> None:
        """One of many is done: a line for a log."""


class ConsoleProgress:
    """A line per stage on stderr. Where that is a terminal, a bar; else a line per item, and one whenever it is quiet.

    Parameters
    ----------
    console
        By default that of stderr.

    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._is_live = self._console.file.isatty()  # FORCE_COLOR would have a log taken for a terminal
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Bar(*columns, console=self._console, transient=True, disable=not self._is_live)
        self._task = self._bar.add_task("", total=None)
        self._start = self._stage_start = self._said = monotonic()
        self._stage = ""
        self._share = self._found = 0.0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._beats = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "ConsoleProgress":
        self._bar.start()
        if not self._is_live:
            self._beats.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        if self._beats.is_alive():
            self._beats.join()
        self._bar.stop()

    def stage(self, words: str) -> None:
        self._stage, self._stage_start = words, monotonic()
        self._share = self._found = 0.0
        self._say(words)
        self._bar.reset(self._task, description=line(words), total=None)

    def item(self, words: str) -> None:
        if not self._is_live:
            self._say(f"  {words}")

    def done(self, part: float, whole: float) -> None:
        self._share = min(1.0, part / whole) if whole else 1.0
        if monotonic() - self._stage_start < INSTANT:
            self._found = self._share
        self._bar.update(self._task, completed=min(part, whole), total=whole)

    def still(self) -> None:
        """A line that tells how far the stage is, where nothing else was said for a while."""
        if monotonic() - self._said < QUIET_SECONDS:
            return
        words = f"  still: {self._stage}"
        if self._share > self._found:
            left = (monotonic() - self._stage_start) * (1 - self._share) / (self._share - self._found)
            words += f", {self._share:.0%}, about {duration(left)} left"
        self._say(words)

    def _beat(self) -> None:
        while not self._over.wait(QUIET_SECONDS / 6):
            self.still()

    def _say(self, words: str) -> None:
        with self._lock:
            self._said = monotonic()
            minutes, seconds = divmod(int(self._said - self._start), 60)
            time = "" if self._is_live else f"[{minutes:3}:{seconds:02}] "
            indent = words[: len(words) - len(words.lstrip())]
            self._console.print(f"{time}{indent}{line(words)}", highlight=False, markup=False, soft_wrap=True)
