"""What a person is told while a command works."""

from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress(Protocol):
    """Who is told how a command goes on."""

    def stage(self, words: str) -> None:
        """Something else begins."""

    def done(self, part: float, whole: float) -> None:
        """So much of it is done."""

    def item(self, words: str) -> None:
        """One of many is done: a line for a log."""


class ConsoleProgress:
    """A line per stage on stderr, and where that is a terminal a bar with the time that is left."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Bar(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> "ConsoleProgress":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def stage(self, words: str) -> None:
        self._console.print(words, highlight=False)
        self._bar.reset(self._task, description=words, total=None)

    def item(self, words: str) -> None:
        if not self._console.is_terminal:
            self._console.print(words, highlight=False, markup=False)

    def done(self, part: float, whole: float) -> None:
        self._bar.update(self._task, completed=min(part, whole), total=whole)
