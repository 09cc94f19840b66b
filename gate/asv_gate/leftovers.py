"""What commands leave behind, found and ended: workers, and servers and daemons in sessions of their own.

Every command is given a mark, a variable that what it starts inherits. On Linux this process also
becomes the one that orphans of its descendants are given to (a child subreaper), so that none gets
out of its sight. Where that is not so, all processes are looked through, for the command's session
and for its mark.
"""

import contextlib
import itertools
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import psutil

POSIX = os.name == "posix"
MARK = "ASV_GATE_COMMAND"
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, of <linux/prctl.h>
PROC = Path("/proc")
GONE_SECONDS = 5.0  # after which a process that was killed is given up: a disk keeps it, or it is another user's
STARTING_SECONDS = 0.02
ROUNDS = 20  # of looking and killing: what a process starts just before it is killed is found in the next


class Leftovers:
    """Ends what the commands of this process leave behind."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._others: set[int] = set()  # children that are nobody's leftovers: they were there before
        self._adopts = False

    def begin(self) -> None:
        """Adopt orphans from now on; a child that is there already will never be one."""
        self._adopts = _adopt(True)
        self._others = _children() if self._adopts else set()

    def end_all(self) -> None:
        """End what is left of any command."""
        self.end(self.token, ())

    def cease(self) -> None:
        """Adopt no more."""
        if self._adopts:
            _adopt(False)

    def mark(self) -> str:
        """A mark for another command; all have one length, since the size of the environment can change times."""
        return f"{self.token}-{next(self._numbers):08d}"

    def end(self, mark: str, running: Collection[int]) -> None:
        """End what a command has left that has itself ended.

        Parameters
        ----------
        mark
            The command's.
        running
            The process ids of the commands that still run. Where there is none, what has lost its mark goes too.

        """
        if not self._adopts:
            _kill_all(lambda: marked(mark))
            return
        for _ in range(ROUNDS):
            orphans = _children() - self._others - set(running)
            left = {pid for pid in orphans if _mark_of(pid) == mark} if running else orphans
            if not left:
                return
            for pid in left:
                _kill(pid)
            self._others |= _reap(left)


def end_session(leader: int, *, thoroughly: bool = True) -> None:
    """Kill what is left of the session (Windows: of the tree) of the process that leads it.

    Where its leader has ended by itself, only its own process group is left to be looked at:
    it is where a benchmark's workers are, and looking at every process of the machine takes time
    that would show in what is measured next.
    """
    if thoroughly:
        for pid in _session(leader):
            _kill(pid)
    if POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def end_all(leaders: Collection[int], token: str) -> None:
    """Kill what is left of these sessions, what has a mark with this token, and what those have started."""

    def family() -> set[int]:
        found = marked(token).union(*map(_session, leaders))
        for pid in tuple(found):
            with contextlib.suppress(psutil.Error):
                found.update(child.pid for child in psutil.Process(pid).children(recursive=True))
        return found

    _kill_all(family)


def marked(beginning: str) -> set[int]:
    """The processes whose mark begins like this."""
    return {pid for pid in psutil.pids() if _mark_of(pid).startswith(beginning)}


def _adopt(on: bool) -> bool:
    """Whether the system has taken it that this process adopts orphans, or no longer does."""
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(SUBREAPER, int(on), 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def _children() -> set[int]:
    """Of this process, as the kernel lists them by thread; not all kernels are built to do so."""
    found: set[int] = set()
    try:
        for thread in os.listdir(PROC / "self" / "task"):
            with contextlib.suppress(ProcessLookupError):
                found.update(map(int, (PROC / "self" / "task" / thread / "children").read_bytes().split()))
    except OSError:
        with contextlib.suppress(psutil.Error):
            found.update(child.pid for child in psutil.Process().children())
    return found


def _mark_of(pid: int) -> str:
    """Empty where it has none, is no more, or is not to be looked at."""
    try:
        if sys.platform != "linux":
            return psutil.Process(pid).environ().get(MARK, "")
        _, _, mark = (b"\0" + (PROC / str(pid) / "environ").read_bytes()).partition(b"\0" + MARK.encode() + b"=")
        return mark.partition(b"\0")[0].decode("ascii", "replace")
    except (OSError, psutil.Error):
        return ""


def _session(leader: int) -> set[int]:
    if not POSIX:
        try:
            return {leader, *(child.pid for child in psutil.Process(leader).children(recursive=True))}
        except psutil.Error:
            return set()
    return {pid for pid in psutil.pids() if _session_of(pid) == leader}


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _kill_all(look: Callable[[], set[int]]) -> None:
    """Kill what is found until nothing new is found twice: one that is just being started cannot be looked at."""
    given_up: set[int] = set()
    nothing = 0
    for _ in range(ROUNDS):
        left = look() - given_up
        nothing = 0 if left else nothing + 1
        if nothing == 2:
            return
        for pid in left:
            _kill(pid)
        deadline = time.monotonic() + GONE_SECONDS
        while any(map(_runs, left)) and time.monotonic() < deadline:
            time.sleep(0.001)
        given_up |= left
        time.sleep(STARTING_SECONDS)


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _kill(pid: int) -> None:
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process(pid).kill()


def _reap(children: Collection[int]) -> set[int]:
    """Wait for children that were killed; those that are not gone in time."""
    left = set(children)
    deadline = time.monotonic() + GONE_SECONDS
    for pid in _until(deadline, left):
        try:
            gone = os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            gone = True
        if gone:
            left.discard(pid)
    return left


def _until(deadline: float, left: set[int]) -> Iterator[int]:
    while left and time.monotonic() < deadline:
        yield from tuple(left)
        time.sleep(0.001)
