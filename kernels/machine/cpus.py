"""How many CPUs there are, and how many of them this process may use."""

import math
import os
from pathlib import Path

from kernels.machine import cgroup


def present() -> int:
    """CPUs of the machine, whether this process may use them or not."""
    return os.cpu_count() or 1


def allowed() -> int:
    """CPUs that affinity (taskset, cpuset) leaves to this process."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # a system without it, or a container that forbids it
        return present()


def quota(root: Path = Path("/")) -> float | None:
    """CPUs' worth of time that cgroups grant this process, or None where they set no limit."""
    limits = [_granted(folder) for folder in cgroup.folders("cpu", root)]
    return min((limit for limit in limits if limit is not None), default=None)


def _granted(group: Path) -> float | None:
    """The limit written in one group's folder: ``cpu.max``, or version 1's ``cpu.cfs_quota_us``."""
    try:
        granted, period = (int(word) for word in (group / "cpu.max").read_text().split())
    except (OSError, ValueError):  # "max 100000" is no limit
        quota_us, period_us = cgroup.number(group / "cpu.cfs_quota_us"), cgroup.number(group / "cpu.cfs_period_us")
        if quota_us is None or period_us is None or quota_us < 0:
            return None
        granted, period = quota_us, period_us
    return granted / period


def usable() -> int:
    """CPUs that this process can keep busy: the least of affinity and quota, at least 1.

    ``os.process_cpu_count`` (Python 3.13) honours the first alone, and a container's quota
    is usually the second.
    """
    granted = quota()
    return allowed() if granted is None else max(1, min(allowed(), math.ceil(granted)))
