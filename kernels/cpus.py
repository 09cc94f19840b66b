"""How many CPUs there are, and how many of them this process may use."""

import math
import os
from pathlib import Path


def present() -> int:
    """CPUs of the machine, whether this process may use them or not."""
    return os.cpu_count() or 1


def allowed() -> int:
    """CPUs that affinity (taskset, cpuset) leaves to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return present()


def quota(root: Path = Path("/")) -> float | None:
    """CPUs' worth of time that cgroups grant this process, or None where they set no limit.

    The tightest limit on the way from the process's own group to the root counts; both the
    unified hierarchy (``cpu.max``) and version 1 (``cpu.cfs_quota_us``) are read.
    `root` stands for the file system's root, so that tests can bring their own.
    """
    try:
        memberships = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    limits = []
    for line in memberships:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount = root / "sys/fs/cgroup"
        elif "cpu" in controllers.split(","):
            mount = root / "sys/fs/cgroup/cpu"
        else:
            continue
        group = mount / path.lstrip("/")
        for folder in (group, *group.parents):
            if not folder.is_relative_to(mount):
                break
            limit = _limit(folder)
            if limit is not None:
                limits.append(limit)
    return min(limits, default=None)


def _limit(group: Path) -> float | None:
    """The limit written in one cgroup's folder, in CPUs."""
    try:
        if (group / "cpu.max").exists():
            granted, period = (group / "cpu.max").read_text().split()
        else:
            granted = (group / "cpu.cfs_quota_us").read_text().strip()
            period = (group / "cpu.cfs_period_us").read_text().strip()
    except (OSError, ValueError):
        return None
    if granted in ("max", "-1"):
        return None
    return int(granted) / int(period)


def usable() -> int:
    """CPUs that this process can keep busy: the least of affinity and quota, at least 1.

    ``os.process_cpu_count`` (Python 3.13) honours the first alone, and a container's quota
    is usually the second.
    """
    granted = quota()
    return allowed() if granted is None else max(1, min(allowed(), math.ceil(granted)))
