"""What a process is started in, ``python -m kernels`` above all: streams, folders, and what the system refuses."""

import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import ways

import kernels
from kernels.machine import cpus
from kernels.workers import sharing, sockets

resource = pytest.importorskip("resource")  # which Windows has not
_multiprocessing: Any = pytest.importorskip("_multiprocessing")

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(60)]

SH = shutil.which("sh")
RUN = ["run", "triad", "--size", "100", "--workers", "2", "--rounds", "1", "--strategy"]

full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def command(
    *arguments: str, how: str = "", folder: Path | None = None, variables: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """The status, output and errors of ``python -m kernels`` in a shell that redirects its streams."""
    assert SH is not None
    path = str(Path(kernels.__file__).parents[1])  # for a checkout in which nothing is installed
    with tempfile.TemporaryDirectory() as place:
        status = Path(place) / "status"
        done = subprocess.run(
            [SH, "-c", f'{{ "$@"; echo $? > {status}; }} {how}', "sh", sys.executable, "-m", "kernels", *arguments],
            capture_output=True,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path} | (variables or {}),
            timeout=50,
            check=False,
        )
        return int(status.read_text()), done.stdout, done.stderr


@pytest.mark.parametrize("how", [">&-", "2>&-", "<&- >&- 2>&-", "| exit 0", "2>&1 | exit 0", "1</dev/null"])
@pytest.mark.parametrize(("arguments", "right"), [(["list"], 0), ([*RUN, "joblib"], 0), (["nonesuch"], 2)], ids=str)
def test_closed_and_unread_streams_do_not_decide_how_a_command_ends(how: str, arguments: list[str], right: int) -> None:
    if "joblib" in arguments:
        ways.need("triad", "joblib")
    status, _, errors = command(*arguments, how=how)
    assert "Traceback" not in errors
    assert status == right or (how == "1</dev/null" and "standard output: Bad file descriptor" in errors)


@full
@pytest.mark.parametrize(("arguments", "right"), [(["info"], 1), (["list", "--help"], 1), (["nonesuch"], 2)], ids=str)
def test_output_that_could_not_be_written_is_an_error(arguments: list[str], right: int) -> None:
    status, _, errors = command(*arguments, how="> /dev/full")
    assert status == right
    if right == 1:
        assert errors == "python -m kernels: error: standard output: No space left on device\n"


def test_packages_are_not_taken_from_the_current_folder(tmp_path: Path) -> None:
    """But a workload's own modules may be there."""
    for name in ("numpy.py", "joblib.py", "mpi4py.py", "threadpoolctl.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "scipy").mkdir()
    (tmp_path / "scipy" / "__init__.py").write_text("")
    (tmp_path / "helper.py").write_text("from kernels.workloads.polynomial import *\n")
    (tmp_path / "own.py").write_text("import numpy\nfrom helper import *\nnumpy.array(SIZES)\n")
    asked = ["serial", "shared", "process", "mpi"] + ["joblib"] * (sys.version_info >= (3, 11))
    for strategy in asked:
        if kernels.why_not("polynomial", strategy) is None:
            status, _, errors = command(*RUN[:1], "own.py", *RUN[2:], strategy, folder=tmp_path)
            assert (strategy, status, errors) == (strategy, 0, "")


@pytest.mark.parametrize("strategy", ["pool", "mpi", "joblib"])
@pytest.mark.parametrize("variable", ["TMPDIR", "HOME"])
def test_a_folder_with_a_long_path_or_one_that_cannot_be_written(strategy: str, variable: str, tmp_path: Path) -> None:
    ways.need("triad", strategy)
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    place = {"TMPDIR": str(folder), "HOME": "/proc"}[variable]
    status, _, errors = command(*RUN, strategy, variables={variable: place})
    assert (status, errors) == (0, "")


def test_where_no_short_folder_can_be_written_the_variable_to_set_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 30)))
    monkeypatch.setattr(sockets, "SHORT", ["/nonesuch"])
    with pytest.raises(OSError, match="set TMPDIR to a folder whose path is shorter"):
        sockets.folder_for_sockets()


@pytest.mark.parametrize("more", [2, 9])
@pytest.mark.parametrize(("strategy", "start_method"), ways.PROCESSES)
def test_too_few_files_are_an_error_that_says_so(strategy: str, start_method: str | None, more: int) -> None:
    ways.need("triad", strategy)
    kernels.run("triad", strategy, workers=1, size=100, start_method=start_method)  # what is loaded once takes files
    with open(os.devnull) as file:
        free = file.fileno()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + more, limits[1]))
    try:
        with pytest.raises((OSError, kernels.WorkerDied), match=r"Too many open files|exit code"):
            kernels.run("triad", strategy, workers=8, size=100, start_method=start_method)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for folder in sharing.SHARED_MEMORY.glob(f"joblib_memmapping_folder_{os.getpid()}_*"):
            shutil.rmtree(folder)  # joblib has its own removed when the process ends


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENOENT])
@pytest.mark.parametrize("strategy", ["pool", "process", "futures"])
def test_semaphores_that_cannot_be_made_are_named(strategy: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused:
        SEM_VALUE_MAX = 1

        def __init__(self, *_: Any) -> None:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(_multiprocessing, "SemLock", Refused)
    with pytest.raises(OSError, match=f"{os.strerror(number)}: the semaphores of multiprocessing cannot be made"):
        kernels.run("triad", strategy, workers=2, size=100)
    kernels.run("triad", "shared", workers=2, size=100)  # which needs none


@pytest.mark.parametrize("strategy", ["pool", "shared", "process", "futures"])
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork here")
def test_processes_that_may_not_be_started_are_named(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", fork)
    with pytest.raises(BlockingIOError, match="no more processes or threads may be started"):
        kernels.run("triad", strategy, workers=2, size=100, start_method="fork")


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM, errno.EINVAL])
def test_without_an_answer_on_affinity_all_cpus_are_allowed(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "sched_getaffinity", forbidden, raising=False)
    assert cpus.allowed() == os.cpu_count()
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cpus.allowed() == os.cpu_count()


@pytest.mark.parametrize(
    "groups", [None, "", "0", "0::", "x:y", "0::/../..", "0::/a\n", "\0\n4:cpu,cpuacct:/", "0::/\xe4"], ids=repr
)
def test_control_groups_that_cannot_be_read_set_no_limit(groups: str | None, tmp_path: Path) -> None:
    if groups is not None:
        (tmp_path / "proc" / "self").mkdir(parents=True)
        (tmp_path / "proc" / "self" / "cgroup").write_bytes(groups.encode("latin-1"))
        (tmp_path / "sys" / "fs" / "cgroup" / "a" / "cpu.max").mkdir(parents=True)
        (tmp_path / "sys" / "fs" / "cgroup" / "a" / "memory.stat").write_text("\nodd\ninactive_file\n")
    assert cpus.quota(tmp_path) is None
    assert sharing.available_memory(tmp_path) is None


def test_a_place_for_shared_memory_that_tells_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(shutil, "disk_usage", forbidden)
    with pytest.raises(MemoryError, match="no room for 0 MiB of shared memory"):
        sharing.require_space(1)
