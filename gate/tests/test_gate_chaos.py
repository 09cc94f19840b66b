"""A run to which something happens at a random moment, as the world has it.

Its exit status is the truth or says that there is none; the repository is as before; no process and
no file is left; and it can be gone on with. A round is a function of its seed, and is run again
by its name, such as ``pytest "gate/tests/test_gate_chaos.py::test_a_run_never_lies_leaks_or_destroys[17]"``.
``make chaos`` runs many rounds, ``make test`` one.
"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import mischief
import project
import psutil
import pytest
from commands import of_folder
from mischief import Mischief

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
FIRST = int(os.environ.get("CHAOS_FIRST", "1"))
SUITE = """
import subprocess, sys
import thing

def track_count():
    return thing.COUNT
track_count.unit = "files"

class Server:
    number = 10
    def setup(self):
        command = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
        self.server = subprocess.Popen(command, start_new_session=True)
    def time_work(self):
        thing.work(1000)
    def teardown(self):
        self.server.kill()
        self.server.wait()
"""
TRUTH = {"same": 0, "larger": 1}
QUICK = ("--installations", "1", "--budget", "60s")
LIMIT_SECONDS = 300.0
GONE_SECONDS = 20.0

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform != "linux", reason="signals, limits and mounts as Linux has them"),
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with all that its owner would miss; the commits are installed by the first runs."""
    folder = project.make(tmp_path_factory.mktemp("chaos"))
    package = folder / "thing" / "__init__.py"
    project.git(folder, "checkout", "--quiet", "-b", "mine", "base")
    (folder / "bench" / "suite.py").write_text(SUITE)
    project.git(folder, "commit", "--quiet", "--all", "--message", "a tiny suite")
    for words in ("stashed", "in the index", "in the working tree"):
        package.write_text(f"{project.PACKAGE}# {words}\n")
        if words == "stashed":
            project.git(folder, "stash")
        elif words == "in the index":
            project.git(folder, "add", "--all")
    for head, truth in TRUTH.items():
        status, said = Gate(folder, folder / ".asv-gate", head).ended()
        assert status == truth, said
    return folder


@pytest.mark.parametrize("seed", range(FIRST, FIRST + ROUNDS))
def test_a_run_never_lies_leaks_or_destroys(tiny: Path, tmp_path: Path, seed: int) -> None:
    what = mischief.choose(seed, tiny)
    head = list(TRUTH)[seed % len(TRUTH)]
    before, known = project.state(tiny), set(runs(tiny))
    gate = Gate(tiny, tmp_path, head, what)
    try:
        what.during(gate.process)
        status, said = gate.ended()
    finally:
        what.after()
    told = f"{what.words}, base to {head}: status {status}\n{said}"
    assert status in (TRUTH[head], 2, *(-number for number in mischief.SIGNALS)), told
    assert "Traceback" not in said or "Fails in head" in said, told
    require_nothing_left(tiny, tmp_path, told)
    assert project.state(tiny) == before, told

    more = ["--resume"] if any(interrupted(run) for run in set(runs(tiny)) - known) else []
    status, said = Gate(tiny, tmp_path, head, None, *more).ended()
    assert status == TRUTH[head], f"{told}\nafter that {more}: status {status}\n{said}"
    require_nothing_left(tiny, tmp_path, told)
    assert project.state(tiny) == before, told


class Gate:
    """A run from base to head, whose output is kept in a file."""

    def __init__(self, folder: Path, temporary: Path, head: str, what: Mischief | None = None, *more: str) -> None:
        what = what or Mischief("")
        temporary.mkdir(exist_ok=True)
        self.log = folder / ".asv-gate" / f"log-{os.getpid()}"
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*what.through, sys.executable, "-m", "asv_gate", "run", "base", head, *QUICK, *more],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=what.streams.get("stdout", log),
                stderr=what.streams.get("stderr", log),
                start_new_session=True,
                env={**os.environ, "TMPDIR": str(temporary)},
                preexec_fn=what.before,  # noqa: PLW1509 - there are no other threads
            )

    def ended(self) -> tuple[int, str]:
        """Its exit status, and what it has said."""
        try:
            status = self.process.wait(LIMIT_SECONDS)
        finally:
            self.process.kill()
        return status, self.log.read_text(errors="replace")


def runs(folder: Path) -> list[Path]:
    return sorted(folder.glob(".asv-gate/runs/*"))


def interrupted(run: Path) -> bool:
    """Whether it has begun to measure, and has not come to its end."""
    journal = run / "journal.jsonl"
    return journal.exists() and journal.read_bytes().count(b"\n") > 0 and not (run / "done").exists()


def require_nothing_left(folder: Path, temporary: Path, told: str) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while left := [*of_folder(folder), *with_variables_of(temporary)]:
        assert time.monotonic() < deadline, f"{told}\nleft: {[process.cmdline() for process in left]}"
        time.sleep(0.05)
    while files := list(temporary.iterdir()):
        assert time.monotonic() < deadline, f"{told}\nleft: {files}"
        time.sleep(0.05)


def with_variables_of(temporary: Path) -> list[psutil.Process]:
    """What the gate has started has this folder for its temporary files."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TMPDIR", "").startswith(str(temporary)):
                found.append(process)
    return found
