"""The process that outlives a killed gate for a moment, to end what that had under way.

It is told of sessions by lines on its input, ``+LEADER`` and ``-LEADER``. The end of its input is
the end of the gate; what is under way then is killed.
"""

import signal
import sys
from collections.abc import Iterable


def watch(lines: Iterable[str]) -> None:
    leaders: set[int] = set()
    for line in lines:
        if not line.endswith("\n"):
            break
        (leaders.add if line[0] == "+" else leaders.discard)(int(line[1:]))
    if leaders:
        from asv_gate.processes import end_session

        for leader in leaders:
            end_session(leader)


if __name__ == "__main__":
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    watch(sys.stdin)
