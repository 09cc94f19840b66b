"""Nothing is left of a command, wherever what it has started has gone to."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import forbid
import psutil
import pytest

from asv_gate import leftovers, processes

GONE_SECONDS = 10.0
PREPARED = """
import os, subprocess, sys, time
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
def server(**how):
    return subprocess.Popen(SLEEP, start_new_session=True, stdin=subprocess.DEVNULL, **how).pid
def daemon(**how):
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            os.execve(sys.executable, SLEEP, how.get("env", os.environ))
        os._exit(0)
    os.wait()
    return int(os.read(read, 99))
"""
CASES = {
    "a server": "print(server())",
    "many servers": "print(*[server() for _ in range(20)])",
    "a daemon": "print(daemon())",
    "a server of a server": """
code = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], start_new_session=True).pid, flush=True)"
subprocess.run([sys.executable, "-c", code + "; import time; time.sleep(0.1)", *SLEEP], start_new_session=True)
""",
    "a daemon, and then killed": "print(daemon(), flush=True); os.kill(os.getpid(), 9)",
    "a server that ignores signals": """
print(server(preexec_fn=lambda: [__import__("signal").signal(s, __import__("signal").SIG_IGN) for s in (1, 2, 15)]))
""",
}
WITHOUT_A_MARK = {
    "a server without our variables": "print(server(env={}))",
    "a daemon without our variables": "print(daemon(env={}))",
}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="sessions and forks as POSIX has them")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a child subreaper is Linux's")


def run(code: str, tmp_path: Path, timeout: float = 60.0) -> list[int]:
    """The processes that it says it has started."""
    command = [sys.executable, "-c", PREPARED + code]
    ended = processes.run(command, environ=os.environ, cwd=tmp_path, timeout=timeout)
    started = [int(pid) for pid in ended.output.split()]
    assert started, ended.output
    return started


def alive(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
    return found


@pytest.fixture(params=[pytest.param(True, marks=on_linux, id="adopting"), pytest.param(False, id="looking")])
def guarded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not request.param:
        monkeypatch.setattr(leftovers, "_adopt", lambda on: False)
    with processes.guarded():
        yield


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("code", CASES.values(), ids=CASES.keys())
def test_nothing_is_left_after_a_command(code: str, tmp_path: Path) -> None:
    assert alive(run(code, tmp_path)) == []


@on_linux
@pytest.mark.parametrize("code", WITHOUT_A_MARK.values(), ids=WITHOUT_A_MARK.keys())
def test_an_orphan_needs_no_mark_to_be_found(code: str, tmp_path: Path) -> None:
    with processes.guarded():
        assert alive(run(code, tmp_path)) == []


@pytest.mark.usefixtures("guarded")
def test_nothing_is_left_of_a_command_whose_time_is_up(tmp_path: Path) -> None:
    assert alive(run("print(server(), daemon(), flush=True); time.sleep(600)", tmp_path, timeout=2.0)) == []


@pytest.mark.usefixtures("guarded")
def test_what_another_command_has_started_goes_on(tmp_path: Path) -> None:
    """The samples of two benchmarks are interleaved, each has a server; the first to end does not end the other's."""
    talks = "server = server(); print(server, flush=True); input(); print(server, flush=True); input()"
    with processes.talk([sys.executable, "-c", PREPARED + talks], os.environ, tmp_path) as talk:
        deadline = time.monotonic() + 60
        server = int(talk.answer(deadline))
        assert alive(run("print(daemon())", tmp_path)) == []
        assert alive([server])
        talk.ask(b"")
        assert int(talk.answer(deadline)) == server
    assert alive([server]) == []


@on_linux
def test_a_process_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        with processes.guarded():
            assert alive(run("print(server())", tmp_path)) == []
        assert other.poll() is None


KILLED = f"""
import os, sys
from pathlib import Path
from asv_gate import processes
code = {PREPARED!r} + "print(server(), daemon(), file=open('pids', 'w'), flush=True)\\nos.rename('pids', 'told')\\n"
code += "time.sleep(600)"
with processes.guarded():
    processes.run([sys.executable, "-c", code], environ=os.environ, cwd=Path.cwd(), timeout=600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_nothing_is_left_when_we_are_killed(tmp_path: Path, how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED], cwd=tmp_path) as ours:
        deadline = time.monotonic() + 60
        while not (told := tmp_path / "told").exists():
            assert time.monotonic() < deadline
            assert ours.poll() is None
            time.sleep(0.01)
        ours.send_signal(how)
    pids = [int(pid) for pid in told.read_text().split()]
    deadline = time.monotonic() + GONE_SECONDS
    while alive(pids):
        assert time.monotonic() < deadline
        time.sleep(0.01)


REFUSED = """
import os, sys
from pathlib import Path
from asv_gate import cpus, processes, sampler
assert cpus.usable() >= 1
sampler.begin_on(1)
with processes.guarded():
    ended = processes.run([sys.executable, "-c", sys.argv[1]], environ=os.environ, cwd=Path.cwd(), timeout=60)
    print(ended.status, ended.output)
    slow = [sys.executable, "-c", "import time; time.sleep(600)"]
    print(processes.run(slow, environ=os.environ, cwd=Path.cwd(), timeout=0.5).status)
"""


@on_linux
@pytest.mark.skipif(not forbid.NUMBERS, reason="the numbers of system calls are not known for this machine")
@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
def test_system_calls_that_are_refused_are_done_without(tmp_path: Path, error: str) -> None:
    forbidding = [sys.executable, str(Path(forbid.__file__)), error, ",".join(forbid.NUMBERS)]
    done = subprocess.run(
        [*forbidding, sys.executable, "-c", REFUSED, PREPARED + "print(server(), daemon()); sys.exit(3)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "seccomp is not to be had" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    status, *pids, late = done.stdout.split()
    assert (status, late) == ("3", "None")
    assert alive([int(pid) for pid in pids]) == []
