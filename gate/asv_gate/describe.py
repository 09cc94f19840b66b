"""What a Python is: run by that of a commit's environment, with nothing of ours, as ``python describe.py FILE``.

It writes its command, its variables, and the versions of what is installed in it beside the project.
"""

from __future__ import annotations

import json
import os
import re
import sys


def packages() -> dict[str, str]:
    found = {"python": sys.version}
    try:
        from importlib import metadata
    except ImportError:  # Python 3.7
        return found
    for each in metadata.distributions():
        name = each.metadata["Name"] or ""
        of_a_folder = '"file:' in (each.read_text("direct_url.json") or "")
        if name and not of_a_folder and plain(name) != plain(os.environ.get("ASV_PROJECT", "")):
            found[name] = each.version
    return found


def plain(name: str) -> str:
    """A distribution's name as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    if os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):  # as in sampler.py
        del sys.path[0]
    began = getattr(sys, "orig_argv", [sys.executable, *sys.argv])  # Python 3.10
    command = [sys.executable, *began[1 : began.index(sys.argv[0])]]
    with open(sys.argv[1], "w") as file:
        json.dump({"command": command, "variables": dict(os.environ), "packages": packages()}, file)
