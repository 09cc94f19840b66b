"""The process that outlives a killed gate for a moment, to end what that had under way.

``python -m asv_gate.guard TOKEN FOLDER`` is told of sessions by lines on its input, ``+LEADER`` and
``-LEADER``. The end of its input is the end of the gate; what is under way then is killed, as is
what has a mark with the token, and the folder is removed.
"""

import shutil
import signal
import sys
from collections.abc import Iterable


def watch(lines: Iterable[str], token: str, folder: str) -> None:
    leaders: set[int] = set()
    for line in lines:
        if line == "done\n":
            return
        if line.endswith("\n"):  # else the gate was killed in the middle of it
            (leaders.add if line[0] == "+" else leaders.discard)(int(line[1:]))
    from asv_gate.leftovers import end_all

    end_all(leaders, token)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    watch(sys.stdin, *sys.argv[1:])
