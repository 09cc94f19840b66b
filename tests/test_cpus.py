"""The CPUs that a process may use: affinity, and what control groups grant."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.machine import cpus


def system(root: Path, membership: str, files: dict[str, str]) -> Path:
    """A file system in which this process is in these groups, whose folders hold these files."""
    for name, text in {"proc/self/cgroup": membership, **files}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("membership", "files", "quota"),
    [
        ("0::/", {}, None),
        ("0::/", {"sys/fs/cgroup/cpu.max": "max 100000"}, None),
        ("0::/", {"sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b", {"sys/fs/cgroup/a/b/cpu.max": "400000 100000", "sys/fs/cgroup/a/cpu.max": "50000 25000"}, 2.0),
        ("0::/a/b", {"sys/fs/cgroup/a/b/cpu.max": "max 100000", "sys/fs/cgroup/cpu.max": "300000 100000"}, 3.0),
        ("0::/a", {"sys/fs/cgroup/b/cpu.max": "100000 100000"}, None),
        ("0::/elsewhere", {"sys/fs/cgroup/cpu.max": "200000 100000"}, 2.0),
        (
            "4:cpu,cpuacct:/a\n2:memory:/a",
            {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "250000", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000"},
            2.5,
        ),
        (
            "4:cpuacct,cpu:/a",
            {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000"},
            None,
        ),
        ("4:cpuset:/a", {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "100000"}, None),
        ("0::/", {"sys/fs/cgroup/cpu.max": ""}, None),
    ],
)
def test_the_quota_is_the_tightest_of_the_groups_limits(
    membership: str, files: dict[str, str], quota: float | None, tmp_path: Path
) -> None:
    assert cpus.quota(system(tmp_path, membership, files)) == quota


def test_there_is_no_quota_where_there_are_no_groups(tmp_path: Path) -> None:
    assert cpus.quota(tmp_path) is None


def test_both_versions_of_groups_may_be_mounted_at_once(tmp_path: Path) -> None:
    one = {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "400000", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000"}
    two = {"sys/fs/cgroup/a/cpu.max": "300000 100000"}
    assert cpus.quota(system(tmp_path, "1:cpu:/a\n0::/a", one | two)) == 3.0


@given(allowed=st.integers(1, 256), granted=st.none() | st.floats(0.01, 300))
def test_usable_is_the_least_of_both_rounded_up(allowed: int, granted: float | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cpus, "allowed", lambda: allowed)
        patch.setattr(cpus, "quota", lambda: granted)
        usable = cpus.usable()
    assert 1 <= usable <= allowed
    assert usable == allowed or (granted is not None and granted <= usable < granted + 1)


def test_what_is_allowed_is_present() -> None:
    assert 1 <= cpus.usable() <= cpus.allowed() <= cpus.present()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity can be set on Linux alone")
def test_affinity_counts() -> None:
    program = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from kernels.machine import cpus; "
    program += "print(cpus.allowed(), cpus.usable())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "1 1\n"
