"""Clusters of Dask's and Ray's that run already: their workers are used, and left."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faulty
import psutil
import pytest
import ways
from test_mpi_hosts import ADDRESSES, IP, Hosts

import kernels

UP_SECONDS = 60
SIZES = {"cubes": 1000, "parzen": 20, "triad": 2**16, "queens": 7}
PORTS = {"dask": 8786, "ray": 6379}
BIN = Path(sys.executable).parent

pytestmark = [pytest.mark.timeout(180), pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")]


class Cluster:
    """A scheduler, or a head, and two workers in processes of their own, each with one CPU."""

    def __init__(self, strategy: str, folder: Path, address: str = "127.0.0.1", other: str = "127.0.0.1") -> None:
        self.strategy, self.folder = strategy, folder
        port = PORTS[strategy] + (os.getpid() % 1000 if address == other else 0)
        self.address = f"tcp://{address}:{port}" if strategy == "dask" else f"{address}:{port}"
        self.processes: list[psutil.Popen] = []
        self._hosts = (address, other)
        self._port = str(port)

    def start(self, *within: list[str]) -> None:
        """Start the parts, each by the words before its command, and wait until all are up."""
        here, there = within or ([], [])
        one, other = self._hosts
        if self.strategy == "dask":
            worker = ["dask", "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host"]
            self._run(here, ["dask", "scheduler", "--host", one, "--port", self._port, "--no-dashboard"])
            self._run(here, [*worker, one])
            self._run(there, [*worker, other])
        else:
            start = ["ray", "start", "--block", "--num-cpus=1", "--disable-usage-stats"]
            head = ["--head", f"--port={self._port}", "--include-dashboard=false", f"--temp-dir={self.folder}"]
            self._run(here, [*start, *head, f"--node-ip-address={one}"])
            self._wait_for_file()
            self._run(there, [*start, f"--address={one}:{self._port}", f"--node-ip-address={other}"])

    def _wait_for_file(self) -> None:
        deadline = time.monotonic() + UP_SECONDS
        while not (self.folder / "ray_current_cluster").exists() and not list(self.folder.glob("session_*/sockets/*")):
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def _run(self, within: list[str], words: list[str]) -> None:
        name, *rest = words
        log = (self.folder / "log").open("a")
        with log:
            self.processes.append(
                psutil.Popen(
                    [*within, str(BIN / name), *rest],
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env=os.environ | {"TMPDIR": str(self.folder), "PYTHONPATH": os.pathsep.join(sys.path)},
                )
            )

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def stop(self) -> None:
        for process in reversed(self.processes):
            family = [process]
            with contextlib.suppress(psutil.NoSuchProcess):
                family += process.children(recursive=True)
            for each in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            process.wait()


def ask(cluster: Cluster, workload: str, *within: str) -> subprocess.CompletedProcess[str]:
    """What ``python -m kernels run --connect`` prints, again and again until both workers are up."""
    command = [sys.executable, "-m", "kernels", "run", workload, "--strategy", cluster.strategy, "--json"]
    command += ["--connect", cluster.address, "--size", str(SIZES[workload]), "--rounds", "1"]
    deadline = time.monotonic() + UP_SECONDS
    while True:
        done = subprocess.run([*within, *command], capture_output=True, text=True, timeout=120, check=False)
        if (done.returncode == 0 and '"workers": 2' in done.stdout) or time.monotonic() > deadline:
            return done


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose path is short enough for sockets. Ray's token, which its hosts share, is left out."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with tempfile.TemporaryDirectory(prefix="c-", dir="/tmp", ignore_cleanup_errors=True) as place:
        yield Path(place)


@pytest.fixture(params=["dask", pytest.param("ray", marks=ways.only_with_all)])
def cluster(request: Any, folder: Path) -> Iterator[Cluster]:
    ways.need("cubes", request.param)
    made = Cluster(request.param, folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_a_cluster_is_used_by_the_command_and_by_a_team_and_a_death_in_it_is_told(
    cluster: Cluster, tmp_path: Path
) -> None:
    done = ask(cluster, "cubes")
    assert done.returncode == 0, done.stderr + cluster.log()
    orders = tmp_path / "orders"
    orders.touch()
    problem = faulty.Problem(orders, 0, 8)
    with kernels.open(faulty, cluster.strategy, problem=problem, connect=cluster.address) as team:
        assert team.workers == 2
        team.check(team.run())
        orders.write_text("raise")
        with pytest.raises(ValueError, match="item 0 is bad"):
            team.run()
        orders.write_text("")
        team.check(team.run())
        orders.write_text("kill")
        with pytest.raises(kernels.WorkerDied):
            team.run()
    head = cluster.processes[0]
    assert head.is_running()
    assert head.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("strategy", ["dask", pytest.param("ray", marks=ways.only_with_all)])
def test_where_there_is_no_cluster_that_is_said(strategy: str) -> None:
    ways.need("cubes", strategy)
    with pytest.raises(ValueError, match=r"^connect must be the address of a .*, not '127.0.0.1:9'"):
        kernels.run("cubes", strategy, size=8, connect="127.0.0.1:9")


def test_what_does_not_go_with_connect() -> None:
    ways.need("cubes", "dask")
    with pytest.raises(ValueError, match=r"^connect is for strategies dask and ray, not for 'pool'$"):
        kernels.run("cubes", "pool", size=8, connect="tcp://127.0.0.1:9")
    with pytest.raises(
        ValueError, match=r"^with connect the workers are the cluster's: leave workers out, which is 2$"
    ):
        kernels.run("cubes", "dask", size=8, workers=2, connect="tcp://127.0.0.1:9")
    with pytest.raises(ValueError, match=r"^connect must be the address of a cluster, not ''$"):
        kernels.run("cubes", "dask", size=8, connect="")


@ways.only_with_all
@pytest.mark.parametrize("strategy", ["dask", "ray"])
def test_two_hosts(strategy: str, folder: Path, tmp_path: Path) -> None:
    """Really: two network namespaces, the scheduler and one worker in one, the other worker in the other."""
    ways.need("cubes", strategy)
    if IP is None or os.geteuid() != 0:
        pytest.skip("network namespaces take the ip command (package iproute2), and root")
    hosts = Hosts(tmp_path)
    within = [[IP, "netns", "exec", name] for name in hosts.names]
    cluster = Cluster(strategy, folder, *ADDRESSES)
    try:
        cluster.start(*within)
        for workload in SIZES:
            done = ask(cluster, workload, *within[0])
            assert done.returncode == 0, done.stderr + cluster.log()
            assert '"workers": 2' in done.stdout
    finally:
        cluster.stop()
        hosts.remove()
