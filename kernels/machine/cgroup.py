"""Where Linux writes what a container may use: control groups, version 1 and 2."""

from collections.abc import Iterator
from pathlib import Path


def folders(controller: str, root: Path = Path("/")) -> Iterator[Path]:
    """The folders of this process's group and of those around it, for a controller: cpu, memory.

    A limit may stand in any of them, and the tightest counts. `root` stands for the file system's
    root, so that tests can bring their own.
    """
    try:
        memberships = (root / "proc/self/cgroup").read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in memberships:
        if line.count(":") < 2:
            continue
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount = root / "sys/fs/cgroup"
        elif controller in controllers.split(","):
            mount = root / "sys/fs/cgroup" / controller
        else:
            continue
        group = mount / path.lstrip("/")
        for folder in (group, *group.parents):
            if not folder.is_relative_to(mount):
                break
            yield folder


def number(file: Path) -> int | None:
    """The whole number in a group's file, or None where there is none, or no limit."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # "max", in version 2
        return None
