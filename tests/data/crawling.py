"""A script that crawls again and again, and says "running" when it does: ``crawling.py STRATEGY START_METHOD``."""

import sys

import kernels

if __name__ == "__main__":
    strategy, start_method = sys.argv[1:]
    with kernels.open("crawl", strategy, workers=3, start_method=start_method or None) as team:
        print("running", flush=True)
        while True:
            team.check(team.run())
