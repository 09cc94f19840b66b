"""How many CPUs this process can keep busy."""

import math
import os
from collections.abc import Iterator
from pathlib import Path


def usable(root: Path = Path("/")) -> int:
    """The least of affinity and what control groups grant (a container's quota), at least 1.

    ``os.process_cpu_count`` (Python 3.13) honours affinity alone. `root` stands for the file
    system's root, so that tests can bring their own.
    """
    try:
        allowed = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not every system has it, and a container may forbid it
        allowed = os.cpu_count() or 1
    granted = min((limit for limit in map(_granted, _groups(root)) if limit is not None), default=None)
    return allowed if granted is None else max(1, min(allowed, math.ceil(granted)))


def _groups(root: Path) -> Iterator[Path]:
    """The folders of this process's control group and of those around it, of version 1 or 2."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        group = mount / path.lstrip("/")
        yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(mount))


def _granted(group: Path) -> float | None:
    """CPUs' worth of time that one group grants; None where it sets no limit."""
    text = _text(group / "cpu.max") or _text(group / "cpu.cfs_quota_us") + _text(group / "cpu.cfs_period_us")
    try:
        granted, period = map(int, text.split())
    except ValueError:  # "max 100000", or no such file
        return None
    return granted / period if granted > 0 and period > 0 else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
