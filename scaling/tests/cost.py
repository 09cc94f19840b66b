"""What the Scaling page costs: publishing a made-up tree of results with and without it, and opening it.

By default the tree has 500 commits on 5 Pythons with 200 benchmarks, each of which has a value for
every strategy at every number of workers.
"""

import argparse
import functools
import http.server
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import browsers

COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]
COLUMNS += ["stats_q_25", "stats_q_75", "stats_number", "stats_repeat", "samples", "profile"]
SECONDS_APART = 3600


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="cost.py", description=__doc__)
    for name, default in (("commits", 500), ("pythons", 5), ("benchmarks", 200), ("strategies", 3), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"by default {default}")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        values = make(tree, options)
        sizes = f"{options.commits} commits x {options.pythons} Pythons x {options.benchmarks} benchmarks"
        print(f"{sizes}: {values} values", flush=True)
        alone = publish(tree, plugins=[])
        both = publish(tree, plugins=[".asv_scaling.publisher"])
        size = _size(tree / "html" / "scaling")
        print(f"asv publish alone: {alone:.1f} s; with the Scaling page: {both:.1f} s, {both / alone - 1:+.1%}")
        print(f"the page's files: {size / 2**20:.1f} MiB, of {_size(tree / 'html') / 2**20:.1f} MiB in all")
        browser = browsers.find()
        if browser is None:
            print("the page was not opened: there is no browser")
        else:
            print(f"the page is drawn {open_page(tree / 'html', browser):.2f} s after it is asked for")
    return 0


def make(tree: Path, sizes: argparse.Namespace) -> int:
    """Write a suite's folder; how many values its results have."""
    params = [
        [repr(name) for name in ("serial", "threaded", "pool", "shared", "futures", "joblib")[: sizes.strategies]],
        [repr(2**power) for power in range(sizes.workers)],
    ]
    names = [f"topic{number % 10}.Workload{number:03}.time_run" for number in range(sizes.benchmarks)]
    known: dict[str, Any] = {
        name: {
            "name": name,
            "param_names": ["strategy", "workers"],
            "params": params,
            "type": "time",
            "unit": "seconds",
            "version": "1",
            "code": "",
        }
        for name in names
    }
    folder = tree / "results" / "made-up"
    folder.mkdir(parents=True)
    facts = {"machine": "made-up", "num_cpu": "8", "ram": str(2**34), "os": "An OS", "cpu": "A CPU", "arch": "x86_64"}
    _write(tree / "results" / "benchmarks.json", {"version": 2, **known})
    _write(folder / "machine.json", {"version": 1, **facts})
    points = sizes.strategies * sizes.workers
    draw = random.Random(0)
    for number, commit in enumerate(_history(tree, sizes.commits)):
        for minor in range(10, 10 + sizes.pythons):
            rows = {}
            for name in names:
                times = [draw.lognormvariate(-3, 0.02) for _ in range(points)]
                bounds = [[float(f"{time * factor:.5g}") for time in times] for factor in (0.97, 1.03, 0.99, 1.01)]
                rows[name] = [times, params, "1", 1_700_000_000_000, 1.5, *bounds, [1] * points, [8] * points]
            environment = f"virtualenv-py3.{minor}"
            content = {
                "version": 2,
                "commit_hash": commit,
                "env_name": environment,
                "date": 1_700_000_000_000 + number * SECONDS_APART * 1000,
                "params": {**facts, "python": f"3.{minor}"},
                "python": f"3.{minor}",
                "requirements": {},
                "env_vars": {},
                "result_columns": COLUMNS,
                "results": rows,
                "durations": {},
            }
            _write(folder / f"{commit[:8]}-{environment}.json", content)
    values: int = sizes.commits * sizes.pythons * sizes.benchmarks * points
    return values


def _history(tree: Path, commits: int) -> list[str]:
    """A repository with so many commits, the oldest first."""
    stream = "".join(
        f"commit refs/heads/main\ncommitter A <a@b> {1_700_000_000 + number * SECONDS_APART} +0000\ndata 1\n.\n"
        for number in range(commits)
    )
    git = ["git", "-C", str(tree)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "fast-import", "--quiet"], check=True, input=stream.encode())
    listed = subprocess.run([*git, "rev-list", "--reverse", "main"], check=True, capture_output=True, text=True)
    return listed.stdout.split()


def publish(tree: Path, plugins: Sequence[str]) -> float:
    """The seconds that it takes."""
    conf = {
        "version": 1,
        "project": "made up",
        "project_url": "#",
        "show_commit_url": "#",
        "repo": ".",
        "branches": ["main"],
        "plugins": plugins,
        "benchmark_dir": "benchmarks",
        "results_dir": "results",
        "html_dir": "html",
    }
    _write(tree / "asv.conf.json", conf)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "asv", "publish", "--no-pull"],
        cwd=tree,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def open_page(html: Path, path: str) -> float:
    """The seconds from asking for the page to its graphs being there, with nothing in the browser's cache."""
    from playwright.sync_api import sync_playwright

    handler = functools.partial(_Quiet, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=path, args=list(browsers.FLAGS))
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(f"http://127.0.0.1:{server.server_port}/#/scaling")
        page.wait_for_function("document.querySelector('#scaling-page').dataset.drawn === location.hash")
        taken = time.perf_counter() - start
        browser.close()
        server.shutdown()
    return taken


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
