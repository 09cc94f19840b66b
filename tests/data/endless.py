"""A script that runs a team again and again: ``endless.py STRATEGY START_METHOD [ORDERS]``.

It says "running" when it does. With a file of orders, the team's workload is the faulty one.
"""

import sys
from pathlib import Path

import faulty

import kernels

if __name__ == "__main__":
    strategy, start_method, *orders = sys.argv[1:]
    workload = faulty if orders else "polynomial"
    problem = faulty.Problem(Path(orders[0]), 0, 8) if orders else kernels.problem("polynomial", "L")
    with kernels.open(workload, strategy, workers=2, problem=problem, start_method=start_method or None) as team:
        if not orders:
            print("running", flush=True)
        while True:
            team.check(team.run())
