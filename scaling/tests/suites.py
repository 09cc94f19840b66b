"""A made-up suite for the tests: a repository of some commits, results with known times, a configuration."""

import itertools
import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]


def benchmark(name: str, params: Mapping[str, Sequence[object]], **more: object) -> dict[str, Any]:
    """An entry of ``benchmarks.json``."""
    return {
        "name": name,
        "param_names": list(params),
        "params": [[repr(value) for value in values] for values in params.values()],
        "type": "time",
        "unit": "seconds",
        "version": "1",
        "code": "",
        **more,
    }


def row(of: Mapping[str, Any], times: Mapping[Any, float | None], interval: float = 0.02) -> list[Any]:
    """Its row of results: a time and an interval of so much to either side, NaN where `times` says nothing."""
    keys = itertools.product(*of["params"])
    known = {tuple(map(repr, key)): time for key, time in times.items()}
    values = [known.get(key, math.nan) for key in keys]
    good = [value is not None and not math.isnan(value) for value in values]
    low = [value * (1 - interval) if ok else None for value, ok in zip(values, good, strict=True)]  # type: ignore[operator]
    high = [value * (1 + interval) if ok else None for value, ok in zip(values, good, strict=True)]  # type: ignore[operator]
    return [values, of["params"], of["version"], None, None, low, high]


@dataclass
class MadeUp:
    """The folder of a suite that asv can publish."""

    folder: Path
    benchmarks: Sequence[Mapping[str, Any]]
    commits: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.configure()
        self.write("results/benchmarks.json", {"version": 2, **{one["name"]: one for one in self.benchmarks}})

    def git(self, *arguments: str) -> str:
        names = ("-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *names, *arguments],  # noqa: S607 - which git it is does not matter
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def configure(self, **more: object) -> None:
        conf = {
            "version": 1,
            "project": "made up",
            "project_url": "#",
            "show_commit_url": "#",
            "repo": ".",
            "branches": ["main"],
            "results_dir": "results",
            "html_dir": "html",
            "env_dir": "env",
            "benchmark_dir": "benchmarks",
            "plugins": [".asv_scaling.publisher"],
            **more,
        }
        self.write("asv.conf.json", conf)

    def commit(self) -> str:
        """A new commit's hash."""
        self.git("commit", "-q", "--allow-empty", "-m", f"commit {len(self.commits)}")
        self.commits.append(self.git("rev-parse", "HEAD"))
        return self.commits[-1]

    def machine(self, name: str, cpus: int = 4) -> None:
        facts = {
            "machine": name,
            "num_cpu": str(cpus),
            "ram": str(2**33),
            "os": "An OS",
            "cpu": "A CPU",
            "arch": "x86_64",
        }
        self.write(f"results/{name}/machine.json", {"version": 1, **facts})

    def run(self, machine: str, commit: str, python: str, rows: Mapping[str, list[Any]], **env: str) -> Path:
        """A file of results."""
        number = self.commits.index(commit) if commit in self.commits else 0
        name = "-".join([f"virtualenv-py{python}", *(key + value for key, value in env.items())])
        params = {"machine": machine, "python": python, "num_cpu": "4", "ram": str(2**33), "os": "An OS"}
        return self.write(
            f"results/{machine}/{commit[:8]}-{name}.json",
            {
                "version": 2,
                "commit_hash": commit,
                "env_name": name,
                "date": 1_700_000_000_000 + number * 86_400_000,
                "params": {**params, "cpu": "A CPU", "arch": "x86_64"},
                "python": python,
                "requirements": {},
                "env_vars": env,
                "result_columns": COLUMNS,
                "results": rows,
                "durations": {},
            },
        )

    def write(self, name: str, content: object) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path
