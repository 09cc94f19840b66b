"""A command ends as a whole: with its workers, in time, and when we are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from asv_gate import processes

GONE_SECONDS = 10.0
FEW = 4  # file descriptors: the standard streams, and one of the two that a pipe takes
WORKER = "import time; time.sleep(600)"
# It starts a worker in a process group of its own, as builds do, and one in its own.
PARENT = f"""
import os, subprocess, sys
own = subprocess.Popen([sys.executable, "-c", {WORKER!r}])
other = subprocess.Popen([sys.executable, "-c", {WORKER!r}], process_group=0) if sys.version_info >= (3, 11) else own
print(own.pid, other.pid, flush=True)
"""


def run(code: str, tmp_path: Path, timeout: float = 60.0) -> processes.Ended:
    return processes.run([sys.executable, "-c", code], environ=os.environ, cwd=tmp_path, timeout=timeout)


def require_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while alive := [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.01)


def test_status_and_output_are_kept(tmp_path: Path) -> None:
    ended = run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path)
    assert ended.status == 3
    assert set(ended.output.split()) == {"out", "err"}


def test_much_output_is_no_obstacle(tmp_path: Path) -> None:
    ended = run("print('x' * 1_000_000); print('the end')", tmp_path)
    assert ended.status == 0
    assert ended.output.endswith("the end")


def test_time_is_up_for_its_workers_too(tmp_path: Path) -> None:
    ended = run(PARENT + "own.wait()", tmp_path, timeout=1.5)
    assert ended.status is None
    require_gone([int(pid) for pid in ended.output.split()])


def test_workers_that_are_left_are_ended(tmp_path: Path) -> None:
    ended = run(f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {WORKER!r}]).pid)", tmp_path)
    assert ended.status == 0
    require_gone([int(ended.output)])


def test_half_a_line_is_no_answer(tmp_path: Path) -> None:
    code = "import os; input(); os.write(1, b'whole\\n'); input(); os.write(1, b'ha'); os._exit(3)"
    with processes.talk([sys.executable, "-c", code], os.environ, tmp_path) as talk:
        deadline = time.monotonic() + 60
        talk.ask(b"")
        assert talk.answer(deadline) == b"whole\n"
        talk.ask(b"")
        assert talk.answer(deadline) == b""
        assert talk.end(deadline).status == 3


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX has them")
def test_what_is_under_way_ends_when_we_are_killed(tmp_path: Path) -> None:
    script = tmp_path / "ours.py"
    script.write_text(
        "import os, sys\nfrom pathlib import Path\nfrom asv_gate import processes\n"
        f"code = {PARENT!r}.replace('print(', 'print(file=open(\"pids\", \"w\"), *(').replace(', flush=True)', '))') "
        "+ 'own.wait()'\n"
        "with processes.guarded():\n"
        "    processes.run([sys.executable, '-c', code], environ=os.environ, cwd=Path.cwd(), timeout=600)\n"
    )
    with subprocess.Popen([sys.executable, script], cwd=tmp_path, env=os.environ) as ours:
        deadline = time.monotonic() + 30
        while not (written := (tmp_path / "pids")).exists() or len(written.read_text().split()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        ours.send_signal(signal.SIGKILL)
    require_gone([int(pid) for pid in written.read_text().split()])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_without_file_descriptors_for_it_nothing_is_left_either(tmp_path: Path) -> None:
    code = f"""
import os, resource, tempfile
from asv_gate import processes
resource.setrlimit(resource.RLIMIT_NOFILE, ({FEW}, {FEW}))
try:
    with processes.guarded():
        raise SystemExit("it was there")
except OSError:
    pass
assert os.environ["TMPDIR"] == {str(tmp_path)!r}, os.environ["TMPDIR"]
assert tempfile.gettempdir() == {str(tmp_path)!r}, tempfile.gettempdir()
"""
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
