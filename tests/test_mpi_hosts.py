"""Two hosts, really: two network namespaces, joined by a wire that can be cut."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from problems import INDEPENDENT

from kernels.mpi.job import find_mpiexec

IP = shutil.which("ip", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
ADDRESSES = ("10.213.7.1", "10.213.7.2")
CUT_SECONDS = 60  # in which the job must have ended: 8 until TCP gives the wire up, and the rest to spare
SIZES = {"ep": 4, "polynomial": 1000, "queens": 7, "triad": 2**20, "spmv": 20_000, "stencil": 200}

# What Hydra calls instead of ssh, with options, the host, and the command to run there.
LAUNCHER = """#!/bin/sh
while [ "${{1#-}}" != "$1" ]; do shift; done
case $1 in {0}) name={2} ;; {1}) name={3} ;; *) echo "no host $1" >&2; exit 1 ;; esac
shift
exec {4} netns exec $name sh -c "$*"
"""


def ip(*arguments: str) -> str:
    return subprocess.run([str(IP), *arguments], check=True, capture_output=True, text=True).stdout


class Hosts:
    """Two namespaces; `names` are theirs."""

    def __init__(self, folder: Path) -> None:
        self.names = [f"kernels-{os.getpid()}-{letter}" for letter in "ab"]
        self.launcher = folder / "launcher"
        self.launcher.write_text(LAUNCHER.format(*ADDRESSES, *self.names, IP))
        self.launcher.chmod(0o755)
        for name in self.names:
            ip("netns", "add", name)
        one, other = self.names
        ip("link", "add", "wire", "netns", one, "type", "veth", "peer", "name", "wire", "netns", other)
        for name, address in zip(self.names, ADDRESSES, strict=True):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "wire")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "wire", "up")
        while any("state UP" not in ip("-n", name, "link", "show", "wire") for name in self.names):
            time.sleep(0.01)  # the kernel takes its time

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """``python -m kernels run`` with a rank on each host, started from the first."""
        mpiexec = [str(find_mpiexec()), "-launcher", "ssh", "-launcher-exec", str(self.launcher)]
        hosts = ["-hosts", ",".join(ADDRESSES), "-ppn", "1", "-n", "2"]
        command = [sys.executable, "-m", "kernels", "run", *arguments, "--strategy", "mpi", "--json"]
        # One machine is behind both: UCX would see that, and not take the wire.
        wire = {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "wire"}
        return subprocess.Popen(
            [str(IP), "netns", "exec", self.names[0], *mpiexec, *hosts, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | wire,
        )

    def inside(self) -> list[str]:
        """The processes that run on either host."""
        return [pid for name in self.names for pid in ip("netns", "pids", name).split()]

    def cut(self) -> None:
        ip("-n", self.names[0], "link", "set", "wire", "down")

    def remove(self) -> None:
        for pid in self.inside():
            subprocess.run(["kill", "-9", pid], check=False)  # noqa: S607 - wherever it is
        for name in self.names:
            ip("netns", "delete", name)


def why_not() -> str | None:
    if IP is None:
        return "there is no ip command here (package iproute2)"
    name = f"kernels-{os.getpid()}"
    tried = subprocess.run([IP, "netns", "add", name], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return f"network namespaces cannot be made here: {tried.stderr.strip()}"
    ip("netns", "delete", name)
    if find_mpiexec() is None or importlib.util.find_spec("mpi4py") is None:
        return "there is no MPI here"
    return None


@pytest.fixture(scope="module")
def reason() -> str | None:
    return why_not()


@pytest.fixture
def hosts(reason: str | None, tmp_path: Path) -> Iterator[Hosts]:
    if reason is not None:
        pytest.skip(reason)
    made = Hosts(tmp_path)
    yield made
    made.remove()


def test_every_map_workload_and_the_stencil_are_right_on_two_hosts(hosts: Hosts) -> None:
    for workload in [*INDEPENDENT, "stencil"]:
        job = hosts.start(workload, "--size", str(SIZES.get(workload, 100)), "--rounds", "1")
        out, errors = job.communicate(timeout=60)
        assert job.returncode == 0, errors
        told = json.loads(out)
        assert (told["hosts"], told["workers"], told["answer"]) == (2, 2, "right")
        assert "not watched" not in errors
    assert hosts.inside() == []


@pytest.mark.timeout(120)
def test_a_cut_wire_ends_the_job_on_both_hosts(hosts: Hosts) -> None:
    job = hosts.start("stencil", "--size", "S", "--rounds", "1000000")
    while len(hosts.inside()) < 5:  # mpiexec, a proxy and a rank on either host
        assert job.poll() is None
        time.sleep(0.05)
    threading.Event().wait(2)  # in the middle of its rounds: all must have found each other
    hosts.cut()
    _, errors = job.communicate(timeout=CUT_SECONDS)
    assert job.returncode != 0
    assert "is lost" in errors
    deadline = time.monotonic() + CUT_SECONDS
    while hosts.inside():
        assert time.monotonic() < deadline, "the other host's processes are left"
        time.sleep(0.1)
