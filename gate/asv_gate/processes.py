"""One command in a session of its own, of which nothing is left: neither after it, nor without us.

A benchmark may start workers, and a build its compilers, in process groups of their own; what
they have in common is the session that the first of them leads. It is ended as a whole: after the
command has ended, when its time is up, on Ctrl-C, and, by the guard, when we are killed ourselves.
"""

import contextlib
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any, TypeVar, cast

from asv_gate import environ
from asv_gate.leftovers import MARK, POSIX, Leftovers, end_session

TEMPORARY = ("TMPDIR",) if POSIX else ("TEMP", "TMP")
APART: dict[str, Any] = (  # Ctrl-C in a terminal is for us alone
    {"start_new_session": True} if POSIX else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)
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
    """Ends what is left of commands: after each, and by a process of its own where we are killed ourselves.

    Temporary files, ours and the commands', are in a folder that is removed in the same way.
    """

    def __init__(self) -> None:
        self._temporary = tempfile.mkdtemp(prefix="asv-gate-")
        self._before = {name: os.environ.get(name) for name in TEMPORARY}
        os.environ.update(dict.fromkeys(TEMPORARY, self._temporary))
        tempfile.tempdir = self._temporary
        self._leftovers = Leftovers()
        try:
            self._process = subprocess.Popen(
                ours("asv_gate.guard", self._leftovers.token, self._temporary),
                env=environ.inherited(),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                **APART,
            )
        except BaseException:  # out of file descriptors, or interrupted
            self._restore()
            raise
        self._pipe = cast(IO[bytes], self._process.stdin)
        self._running: set[int] = set()
        self._leftovers.begin()

    def mark(self) -> Mapping[str, str]:
        """The variable that a command is given for what it starts to be known by."""
        return {MARK: self._leftovers.mark()}

    def begins(self, leader: int) -> None:
        self._running.add(leader)
        self._say(f"+{leader}\n")

    def has_ended(self, leader: int, mark: Mapping[str, str]) -> None:
        self._running.discard(leader)
        self._leftovers.end(mark[MARK], self._running)
        self._say(f"-{leader}\n")

    def close(self) -> None:
        self._leftovers.end_all()  # an interruption may have come before a command was noted
        self._say("done\n")
        with contextlib.suppress(OSError):
            self._pipe.close()
        self._process.wait()
        self._leftovers.cease()
        self._restore()

    def _restore(self) -> None:
        """Remove the temporary folder, and let temporary files be where they were."""
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        tempfile.tempdir = None
        with contextlib.suppress(OSError):  # an empty one takes no file descriptor, of which there may be none left
            Path(self._temporary).rmdir()
            return
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a guard that was killed is missed only if we are killed too
            self._pipe.write(line.encode())
            self._pipe.flush()


_guard: Guard | None = None


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Within the block nothing is left of what `run` starts, even where this process is killed."""
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
    guard = _guard
    mark = guard.mark() if guard is not None else {}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(command),
            env={**environ, **mark},
            cwd=cwd,
            stdin=pipe or subprocess.DEVNULL,
            stdout=pipe or output,
            stderr=output,
            **APART,
        )
        if guard is not None:
            guard.begins(process.pid)
        try:
            yield kind(process, output)
        finally:
            if process.returncode is None:
                end_session(process.pid)
                process.wait()
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            if guard is not None:
                guard.has_ended(process.pid, mark)


def _wait(process: "subprocess.Popen[bytes]", timeout: float) -> bool:
    """Whether it has ended in time. On Linux it is not reaped, so that its number is still its own."""
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # an old kernel, or a container's filter
        return _wait_by_asking(process, timeout)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(timeout * 1000))
    finally:
        os.close(handle)


def _wait_by_asking(process: "subprocess.Popen[bytes]", timeout: float) -> bool:
    if not hasattr(os, "waitid"):
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True
    deadline, pause = monotonic() + timeout, 0.001
    while process.returncode is None:
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            break
        if monotonic() > deadline:
            return False
        sleep(min(pause, max(0.0, deadline - monotonic())))
        pause = min(2 * pause, 0.05)
    return True
