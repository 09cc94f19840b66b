"""One command in a session of its own, of which nothing is left: neither after it, nor without us.

A benchmark may start workers, and a build its compilers, in process groups of their own; what
they have in common is the session that the first of them leads. It is ended as a whole: after the
command has ended, when its time is up, on Ctrl-C, and, by the guard, when we are killed ourselves.
"""

import contextlib
import os
import queue
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO, TypeVar, cast

import psutil

from asv_gate import environ

POSIX = os.name == "posix"
OUTPUT_BYTES = 20_000  # the end of what a command prints, which has its error
LOOK_SECONDS = 0.2  # between looks at whether a command that does not answer is still there


@dataclass(frozen=True)
class Ended:
    """What became of a command: its exit status (None: its time was up), output and seconds."""

    status: int | None
    output: str
    seconds: float


def ours(module: str, *arguments: str) -> list[str]:
    """The command of a module of ours, which is looked for where we look for modules, and not in the current folder."""
    code = f"import sys; sys.path[:] = {sys.path!r}; import runpy; runpy.run_module({module!r}, run_name='__main__')"
    return [sys.executable, "-c", code, *arguments]


class Guard:
    """A process that ends the sessions it has been told of once we are no more, however we went."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ours("asv_gate.guard"),
            env=environ.inherited(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=POSIX,
            creationflags=0 if POSIX else subprocess.CREATE_NEW_PROCESS_GROUP,  # type: ignore[attr-defined,unused-ignore]
        )

        self._pipe = cast(IO[bytes], self._process.stdin)

    def watch(self, leader: int) -> None:
        self._say(f"+{leader}\n")

    def forget(self, leader: int) -> None:
        self._say(f"-{leader}\n")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.close()
        self._process.wait()

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a guard that was killed is missed only if we are killed too
            self._pipe.write(line.encode())
            self._pipe.flush()


_guard: Guard | None = None


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Within the block, what `run` starts ends even where this process is killed."""
    global _guard
    _guard = Guard()
    try:
        yield
    finally:
        guard, _guard = _guard, None
        guard.close()


def run(command: Sequence[str], *, environ: Mapping[str, str], cwd: Path, timeout: float) -> Ended:
    """Run a command to its end, or to the end of its time in seconds, and end all that it started."""
    (ended,) = run_all([(command, environ, cwd)], timeout=timeout)
    return ended


def run_all(commands: Sequence[tuple[Sequence[str], Mapping[str, str], Path]], *, timeout: float) -> list[Ended]:
    """The same for several (command, environment, folder) at once."""
    deadline = monotonic() + timeout
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(_started(_Child, *command)) for command in commands]
        return [child.end(deadline) for child in running]


class _Child:
    def __init__(self, process: "subprocess.Popen[bytes]", output: IO[bytes]) -> None:
        self.process, self._output, self._start = process, output, monotonic()

    def end(self, deadline: float) -> Ended:
        in_time = _wait(self.process, max(0.0, deadline - monotonic()))
        seconds = monotonic() - self._start
        end_session(self.process.pid, thoroughly=not in_time)
        status = self.process.wait()
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - OUTPUT_BYTES))
        output = self._output.read().decode("utf-8", "replace").strip()
        return Ended(status if in_time else None, output, seconds)


class Talk(_Child):
    """A command that writes lines on its output as it is asked by lines on its input, and ends with that.

    Its output in the sense of `Ended` is what it writes on stderr.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", output: IO[bytes]) -> None:
        super().__init__(process, output)
        self._input = cast(IO[bytes], process.stdin)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # What it has started may keep the pipe open when it is no more, so it is not we who wait for the pipe.
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def ask(self, line: bytes) -> None:
        with contextlib.suppress(OSError):  # it has ended, which its answer will show
            self._input.write(line + b"\n")
            self._input.flush()

    def answer(self, deadline: float) -> bytes:
        """Its next line; empty where it ends instead, and where its time is up."""
        while True:
            over = monotonic() > deadline or _wait(self.process, 0.0)
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=LOOK_SECONDS)
            if over:
                return b""

    def dismiss(self) -> None:
        """Ask it to end."""
        with contextlib.suppress(OSError):
            self._input.close()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                if line.endswith(b"\n"):  # it may be killed in the middle of one
                    self._lines.put(line)
        self._lines.put(b"")


def talk(command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> contextlib.AbstractContextManager[Talk]:
    """Start a command, and talk with it until it is asked to end; at the latest it ends with the block."""
    return _started(Talk, command, environ, cwd)


_Kind = TypeVar("_Kind", bound=_Child)


@contextlib.contextmanager
def _started(kind: type[_Kind], command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> Iterator[_Kind]:
    pipe = subprocess.PIPE if issubclass(kind, Talk) else None
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(command),
            env=dict(environ),
            cwd=cwd,
            stdin=pipe or subprocess.DEVNULL,
            stdout=pipe or output,
            stderr=output,
            start_new_session=POSIX,
            creationflags=0 if POSIX else subprocess.CREATE_NEW_PROCESS_GROUP,  # type: ignore[attr-defined,unused-ignore]
        )
        if _guard is not None:
            _guard.watch(process.pid)
        try:
            yield kind(process, output)
        finally:
            if process.returncode is None:
                end_session(process.pid)
                process.wait()
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            if _guard is not None:
                _guard.forget(process.pid)


def _wait(process: "subprocess.Popen[bytes]", timeout: float) -> bool:
    """Whether it has ended in time. On Linux it is not reaped, so that its number is still its own."""
    if hasattr(os, "pidfd_open"):
        handle = os.pidfd_open(process.pid)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            return bool(poll.poll(timeout * 1000))
        finally:
            os.close(handle)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        return False
    return True


def end_session(leader: int, *, thoroughly: bool = True) -> None:
    """Kill what is left of the session (Windows: of the tree) of the process that leads it.

    Where its leader has ended by itself, only its own process group is left to be looked at:
    it is where a benchmark's workers are, and looking at every process of the machine takes time
    that would show in what is measured next.
    """
    if thoroughly:
        for process in _members(leader):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    if POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def _members(leader: int) -> list[psutil.Process]:
    if not POSIX:
        try:
            parent = psutil.Process(leader)
            return [*parent.children(recursive=True), parent]
        except psutil.NoSuchProcess:
            return []
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(process.pid) == leader:
                members.append(process)
    return members
