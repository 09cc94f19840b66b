"""Runs teams when it is told to, by a line for each: what ``tools.gil`` starts in each Python. Needs kernels alone."""

import contextlib
import gc
import json
import sys
import time
from typing import Any

import kernels

WARM_UP = 2


def main() -> None:
    """Read an order in JSON, open its teams, and answer each strategy's name with the seconds of a run."""
    order = json.loads(sys.stdin.readline())
    workload = order["workload"]
    with contextlib.ExitStack() as stack:
        teams = {}
        for strategy in order["strategies"]:
            if kernels.why_not(workload, strategy) is None:
                team = kernels.open(workload, strategy, workers=order["workers"], size=order["size"])
                teams[strategy] = stack.enter_context(team)
                for _ in range(WARM_UP):
                    timed(team)
        gc.collect()
        gc.freeze()
        say({"strategies": list(teams), "python": kernels.info()["python"]})
        for line in sys.stdin:
            say(timed(teams[line.strip()]))


def timed(team: kernels.Team) -> float:
    """Seconds of a run, whose answer is right."""
    begin = time.perf_counter()
    answer = team.run()
    seconds = time.perf_counter() - begin
    team.check(answer)
    return seconds


def say(what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
