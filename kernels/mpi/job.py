"""Starts, calls and ends the ranks of a team, with an ``mpiexec`` on this host.

The caller's process does not load MPI, since MPI cannot be left again in a process. Each rank is
called through a Unix socket. When a rank dies, MPI ends the others; the caller's process goes on.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import kernels
from kernels.contract.loading import Portable
from kernels.contract.workload import Problem, Workload
from kernels.errors import WorkerDied, died
from kernels.mpi import memory_files
from kernels.mpi.answer import SharedAnswer
from kernels.mpi.rank import packed_apart, sent
from kernels.workers import stdlib
from kernels.workers.main_module import hidden, needs_main
from kernels.workers.replies import packed, unpacked
from kernels.workers.sockets import folder_for_sockets
from kernels.workers.stdlib import pickled
from kernels.workers.tasks import START_SECONDS

BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from kernels.mpi.rank import main; main()"
LOOK_SECONDS = 0.1
END_SECONDS = 5.0

# All ranks on this host, whatever else the surroundings tell MPICH's or Open MPI's mpiexec.
LOCAL = {
    "HYDRA_LAUNCHER": "fork",
    "HYDRA_RMK": "user",
    "HYDRA_USE_LOCALHOST": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_ALLOW_RUN_AS_ROOT": "1",
    "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
OF_ANOTHER_JOB = ("PMI_", "PMIX_", "OMPI_COMM_", "HYDRA_HOST_FILE", "MPI_LOCAL")  # what a rank has in its environment


def find_mpiexec() -> str | None:
    """Beside this Python, where the wheel of an MPI puts it, or else on PATH."""
    places = [Path(sys.executable).parent, sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
    return shutil.which("mpiexec", path=os.pathsep.join(map(str, places)))


class Job:
    """`workers` ranks with the problem in place.

    Raises what a rank raises while the problem is placed, and WorkerDied when a rank ends by itself.
    """

    def __init__(self, workload: Workload, problem: Problem, workers: int, answer: SharedAnswer | None) -> None:
        self._with_main = needs_main(workload, problem)
        setup = packed(0, (Portable(workload), answer and answer.described), None)
        parcel = packed_apart(problem)
        self.pending = 0  # replies that are still to come; close() ends the ranks by force while there are any
        self._ranks: list[Any] = []
        self._pids: list[int] = []
        self._workers = workers
        self._end = contextlib.ExitStack()
        try:
            self._log: Any = tempfile.TemporaryFile()  # noqa: SIM115 - close() ends it
            self._end.callback(self._log.close)
            ours, lifeline = os.pipe()[::-1]
            self._end.callback(os.close, ours)
            self._end.callback(os.close, lifeline)
            handed = [*self._standard(), lifeline, answer.file.fileno() if answer else self._log.fileno()]
            self._start(handed)
            for rank in self._ranks:
                self._send(rank, setup)
            with self._dying(self._ranks[0]):
                sent(self._ranks[0], parcel)
            self._replies()
        except BaseException:
            self.close()
            raise

    def run(self, alone: bool) -> Any:
        """One run; rank 0's answer.

        What a rank raises is raised here: after the others have replied, where the ranks work `alone`, and else at
        once, since the others may wait for that rank for ever. `pending` then says how many have not replied.
        """
        for rank in self._ranks:
            self._send(rank, pickled(True))
        return self._replies(alone)[0]

    def close(self) -> None:
        """End the ranks: by a message where they are idle, by force where they are not."""
        for rank in self._ranks:
            if not self.pending:
                with contextlib.suppress(OSError):
                    rank.send(None)
        if hasattr(self, "_process"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                if not self.pending and len(self._ranks) == self._workers:
                    self._process.wait(END_SECONDS)
            self._kill()
            memory_files.unlink_abandoned(self._started)
        for rank in self._ranks:
            rank.close()
        self._ranks = []
        self._end.close()

    def _standard(self) -> list[int]:
        """Standard output and error, as far as this process has them open."""
        files = []
        for number in (1, 2):
            try:
                os.fstat(number)
                files.append(number)
            except OSError:
                files.append(self._log.fileno())
        return files

    def _start(self, handed: list[int]) -> None:
        """Start mpiexec, and accept the connections of the ranks, which are then in order."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_ANOTHER_JOB)}
        flags = stdlib.interpreter_flags()
        mpiexec = [find_mpiexec() or "mpiexec"]
        if Path(mpiexec[0]).with_name("mpiexec.hydra").exists():
            mpiexec.append("-print-all-exitcodes")
        root = str(Path(kernels.__file__).parents[1])
        with socket.socket(socket.AF_UNIX) as door, contextlib.ExitStack() as stack:
            folder = tempfile.mkdtemp(prefix="ranks-", dir=folder_for_sockets())
            stack.callback(os.rmdir, folder)
            address = os.path.join(folder, "door")
            door.bind(address)
            stack.callback(os.unlink, address)
            door.listen(self._workers)
            door.settimeout(LOOK_SECONDS)
            self._started = time.time()
            self._process = subprocess.Popen(
                [*mpiexec, "-n", str(self._workers), sys.executable, *flags, "-c", BOOT, root, address],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=environment | LOCAL,
                start_new_session=True,  # Ctrl-C is for the caller, who ends the ranks
            )
            self.pending = 1  # until all are up, none reads a message
            deadline = time.monotonic() + START_SECONDS
            while len(self._ranks) < self._workers:
                try:
                    rank, _ = door.accept()
                except TimeoutError:
                    if self._process.poll() is not None:
                        raise self._death() from None
                    if time.monotonic() > deadline:
                        up = f"{len(self._ranks)} of {self._workers} ranks"
                        raise WorkerDied(f"{up} started within {START_SECONDS} s{self._said()}") from None
                else:
                    with rank, self._dying(rank):
                        rank.setblocking(True)
                        socket.send_fds(rank, [b"."], handed)
                        self._ranks.append(Connection(rank.detach()))
        with contextlib.nullcontext() if self._with_main else hidden():
            data = stdlib.preparation_data("rank")
        for rank in self._ranks:
            self._send(rank, pickled(data))
            self.pending -= 1
        numbers = {}
        for rank in self._ranks:
            with self._dying(rank):
                number, pid = rank.recv()
            numbers[number] = rank
            self._pids.append(pid)
        self._ranks = [numbers[number] for number in range(self._workers)]
        self.pending = 0

    def _send(self, rank: Any, message: Any) -> None:
        self.pending += 1
        with self._dying(rank):
            rank.send_bytes(message)

    def _replies(self, alone: bool = False) -> list[Any]:
        """What each rank answers; see `run` for errors."""
        answers: list[Any] = [None] * self._workers
        failure = None
        while self.pending:
            ready: list[Any] = wait(self._ranks)
            for rank in ready:
                with self._dying(rank):
                    message = rank.recv_bytes()
                self.pending -= 1
                number, answers[number], error = unpacked(message)
                failure = failure or error
            if failure is not None and not alone:
                break
        if failure is not None:
            raise failure
        return answers

    @contextlib.contextmanager
    def _dying(self, rank: Any) -> Any:
        try:
            yield
        except (EOFError, OSError):
            raise self._death() from None

    def _death(self) -> WorkerDied:
        """The error for a rank that ended: mpiexec tells how it did, once it has ended the others."""
        self.pending += 1  # none will reply any more, so close() must not wait for replies
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(LOOK_SECONDS * 10)
        code = _exit_code(self._process.poll(), self._written())
        return died(f"one of {self._workers} ranks", [code], "" if self._pids else self._said())

    def _written(self) -> str:
        """What mpiexec has written."""
        self._log.seek(0)
        return str(self._log.read().decode(errors="replace"))

    def _said(self) -> str:
        """The part of it that tells why ranks did not start: without the frame of its report."""
        lines = [line for line in self._written().splitlines() if line.strip("= ") and not line.startswith("=")]
        return ":\n" + "\n".join(lines) if lines else ""

    def _kill(self) -> None:
        """Kill the ranks, after which mpiexec ends by itself; kill mpiexec where it does not."""
        if self._process.poll() is None:
            for pid in self._pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            try:
                self._process.wait(END_SECONDS if self._pids else LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _exit_code(code: int | None, log: str) -> int | None:
    """The exit code of the rank that ended first, as Python has it, from mpiexec's own `code` and `log`.

    Hydra ends the other ranks with SIGKILL, and its own exit code may be that of one of these: its log has all codes.
    """
    told = re.search(r"Exit codes: \[[^]]*\] ([\d,]+)", log)
    if told:
        codes = [os.waitstatus_to_exitcode(int(status)) for status in told[1].split(",")]
        return min((each for each in codes if each), key=lambda each: each == -signal.SIGKILL, default=0)
    return 128 - code if code is not None and code > 128 else code  # Open MPI adds 128 to a signal, as shells do
