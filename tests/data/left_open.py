"""A script that leaves a team open: ``left_open.py STRATEGY START_METHOD ORDERS``."""

import sys
from pathlib import Path

import faulty

import kernels

if __name__ == "__main__":
    strategy, start_method, orders = sys.argv[1:]
    problem = faulty.Problem(Path(orders), 0, 8)
    team = kernels.open(faulty, strategy, workers=2, problem=problem, start_method=start_method or None)
    team.check(team.run())
    print("at its end", flush=True)
