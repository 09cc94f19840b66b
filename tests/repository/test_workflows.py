"""The workflows of CI run what users run: make's targets, and the action of this repository; and those of the docs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_what_is_here(workflow: Path) -> None:
    """Make targets and our own action, with inputs that it has; nothing from the event in a shell's command."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    found: dict[Any, Any] = yaml.safe_load(workflow.read_text())
    for job in found["jobs"].values():
        if "uses" in job:
            assert (ROOT / job["uses"]).is_file()
            continue
        assert job["timeout-minutes"]
        for step in job["steps"]:
            if "run" in step:
                make, *named = step["run"].split()
                assert make == "make"
                assert set(named) <= set(targets)
            elif step["uses"] == "./":
                assert set(step["with"]) <= set(ACTION["inputs"])
            else:
                assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"])


PAGE = ROOT / "docs" / "how-to" / "history-on-github.md"
SUITE = """
import thing


def track_seconds():
    return thing.SECONDS


track_seconds.unit = "seconds"


class Work:
    params = (["serial", "threaded"], [1, 2])
    param_names = ("strategy", "workers")

    def track_work(self, strategy, workers):
        return thing.SECONDS / workers

    track_work.unit = "seconds"
"""


def on_the_page() -> dict[str, Any]:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def git(folder: Path, *words: str) -> str:
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    return subprocess.check_output(["git", *names, *words], cwd=folder, text=True).strip()  # noqa: S607 - that on PATH


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository with a small suite; its environment is a checkout, which needs no network."""
    bare, work = tmp_path / "remote.git", tmp_path / "work"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    git(tmp_path, "init", "--quiet", str(work))
    shutil.copy(ROOT / "gate" / "tests" / "checkout_environment.py", work)
    for name, text in {
        "thing.py": "SECONDS = 1.0\n",
        "benchmarks/__init__.py": "",
        "benchmarks/suite.py": SUITE,
        ".gitignore": ".asv/\n.asv-gate/\nresults/\n__pycache__/\n",
    }.items():
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(text)
    conf = {
        "version": 1,
        "project": "thing",
        "repo": ".",
        "branches": ["main"],
        "pythons": [f"{sys.version_info.major}.{sys.version_info.minor}"],
        "environment_type": "checkout",
        "plugins": [".checkout_environment", ".asv_scaling.publisher"],
        "env_dir": ".asv/env",
        "html_dir": ".asv/html",
    }
    (work / "asv.conf.json").write_text(json.dumps(conf))
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "first")
    git(work, "remote", "add", "origin", str(bare))
    git(work, "push", "--quiet", "origin", "main")
    return work


def run_on_a_fresh_runner(job: Mapping[str, Any], work: Path, event: Mapping[str, Any]) -> Path:
    """Check a push out as GitHub does, and run the steps of the job with its shell; the checkout."""
    runner = work.with_name(f"runner-{event['sha'][:8]}-{len(list(work.parent.iterdir()))}")
    git(work.parent, "clone", "--quiet", str(work.with_name("remote.git")), str(runner))
    for step in job["steps"]:
        if "run" not in step:
            continue
        values = {name: expand(value, event) for name, value in step.get("env", {}).items()}
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        environment = {**os.environ, "PATH": path, "HOME": str(work.parent), "PYTHONPATH": str(runner), **values}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(
            command, cwd=runner, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{step['run']}\n{done.stdout}{done.stderr}"
    return runner


def expand(value: str, event: Mapping[str, Any]) -> str:
    """The range of commits as GitHub makes it of the expression on the page."""
    assert value.startswith("${{ github.event_name == 'push' && !github.event.created && !github.event.forced && ")
    assert "format('{0}..{1}', github.event.before, github.sha) || github.sha }}" in value
    return f"{event['before']}..{event['sha']}" if event["before"] else str(event["sha"])


@pytest.mark.timeout(600)  # some twenty processes that import asv, which take their time on a loaded machine
def test_every_command_of_the_page_runs_and_results_of_two_runners_are_one_history(remote: Path) -> None:
    job = on_the_page()["jobs"]["measure"]
    first = git(remote, "rev-parse", "HEAD")
    run_on_a_fresh_runner(job, remote, {"before": "", "sha": first})
    (remote / "thing.py").write_text("SECONDS = 2.0\n")
    git(remote, "commit", "--quiet", "--all", "--message", "second")
    git(remote, "push", "--quiet", "origin", "main")
    second = git(remote, "rev-parse", "HEAD")
    runner = run_on_a_fresh_runner(job, remote, {"before": first, "sha": second})

    bare = remote.with_name("remote.git")
    kept = git(bare, "ls-tree", "-r", "--name-only", "asv-results").split()
    for commit in (first, second):
        assert sum(f"/{commit[:8]}-" in name for name in kept) == 1
    assert sum(name.endswith("-paired/reference.jsonl") for name in kept) == 1
    assert git(bare, "rev-parse", "main") == second
    (artifact,) = (step["with"]["path"] for step in job["steps"] if "upload-pages" in step.get("uses", ""))
    site = runner / artifact
    commits = json.loads((site / "index.json").read_text())["revision_to_hash"].values()
    assert set(commits) == {first, second}
    assert (site / "changes" / "index.html").is_file()
    (graph,) = (path for path in site.rglob("suite.track_seconds.json") if "summary" not in path.parts)
    assert [value for _, value in json.loads(graph.read_text())] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("target", "runs"),
    [
        ("results-get", ["asv-gate results get"]),
        ("results-keep", ["asv-gate results keep"]),
        ("history", ['-m tools.bench --pythons "" --machine "" "a..b"']),
        ("site", ["-m asv publish", "-m sphinx"]),
    ],
)
def test_the_targets_of_our_own_history_run_the_same_commands(target: str, runs: list[str]) -> None:
    """What the page's test runs, and what test_bench.py and test_site.py do."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target],  # noqa: S607 - the one on PATH
        cwd=ROOT,
        env={**os.environ, "RANGE": "a..b"},
        capture_output=True,
        text=True,
        check=True,
    )
    for command in runs:
        assert command in " ".join(done.stdout.split())


def test_the_pages_workflow_uses_the_versions_that_ours_use() -> None:
    ours = {step["uses"] for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values()
            for step in job.get("steps", []) if "uses" in step}  # fmt: skip
    theirs = {step["uses"] for job in on_the_page()["jobs"].values() for step in job["steps"] if "uses" in step}
    assert theirs <= ours
