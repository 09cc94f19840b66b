"""The action for GitHub: its own step, run here as GitHub runs it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import project
import pytest
import yaml
from commands import Done

ROOT = Path(__file__).resolve().parents[2]
if not (ROOT / "action.yml").exists():
    pytest.skip("the action is the repository's, which these tests are not in", allow_module_level=True)
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"] if step.get("id") in ("base", "run")}
BASH = shutil.which("bash")


def run_action(folder: Path, tmp_path: Path, **inputs: str) -> Done:
    """The action's own steps as GitHub runs them: inputs where they are referred to, defaults for the rest."""
    assert BASH is not None
    values: dict[str, str] = {f"inputs.{name}": entry.get("default", "") for name, entry in ACTION["inputs"].items()}
    values |= {f"inputs.{name}": value for name, value in inputs.items()}
    output = tmp_path / "output"

    def value(match: re.Match[str]) -> str:
        return values[match[1]]

    for name, step in STEPS.items():
        output.unlink(missing_ok=True)
        environment = {key: re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text) for key, text in step["env"].items()}
        done = subprocess.run(
            [BASH, "-c", step["run"]],
            cwd=folder,
            env={
                **os.environ,
                **environment,
                "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
                "GITHUB_BASE_REF": "main",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        written = dict(line.partition("=")[::2] for line in output.read_text().splitlines())
        values.update({f"steps.{name}.outputs.{key}": words for key, words in written.items()})
        if done.returncode:
            break
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def clone(thing: Path, tmp_path: Path) -> Path:
    """A checkout as CI has it, of a branch that makes a number larger, one commit beyond where it left main."""
    folder = tmp_path / "clone"
    project.git(tmp_path, "clone", "--quiet", str(thing), str(folder))
    project.git(folder, "checkout", "--quiet", "-b", "branch", "origin/main")
    for name in ("unbuildable",):
        (folder / name).unlink()
    package = folder / "thing" / "__init__.py"
    package.write_text(project.PACKAGE.replace("COUNT = 7", "COUNT = 70"))
    project.git(folder, "commit", "--quiet", "--all", "--message", "larger")
    return folder


@pytest.mark.skipif(BASH is None, reason="the action is a script for bash")
def test_an_older_report_is_not_the_summary_of_a_run_without_one(clone: Path, tmp_path: Path) -> None:
    old = clone / "the report" / "report.md"
    old.parent.mkdir()
    old.write_text("of another use of the action")
    done = run_action(clone, tmp_path, base="origin/main~1", bench="track_nowhere", report="the report")
    assert done.status == 2, done.said
    assert (tmp_path / "output").read_text() == "status=2\n", "and nothing is kept of it"
    assert not (tmp_path / "summary").exists()
    assert old.read_text() == "of another use of the action"


@pytest.mark.skipif(BASH is None, reason="the action is a script for bash")
def test_the_action_fails_where_the_gate_does_and_writes_the_summary(clone: Path, tmp_path: Path) -> None:
    done = run_action(clone, tmp_path, base="origin/main~1", bench="Numbers.track", report="the report")
    assert done.status == 1, done.said
    assert (tmp_path / "output").read_text() == "status=1\nreported=true\n"
    assert "**larger" in (tmp_path / "summary").read_text()
    assert (clone / "the report" / "report.xml").exists()
    kept = [path for path in clone.glob(".asv-gate/env/*") if path.is_dir()]
    commit = project.git(clone, "rev-parse", "origin/main~1")
    assert {path.name[:12] for path in kept} == {commit[:12]}, "what is cached is base's"


@pytest.mark.skipif(BASH is None, reason="the action is a script for bash")
def test_the_actions_base_is_the_merge_base(clone: Path, tmp_path: Path) -> None:
    merge_base = project.git(clone, "rev-parse", "origin/main")
    done = run_action(clone, tmp_path, bench="Numbers.track")
    assert done.status == 2, done.said  # what main has there cannot be built
    assert f"commit {merge_base[:8]} cannot be built" in done.errors


@pytest.mark.skipif(BASH is None, reason="the action is a script for bash")
def test_what_an_input_says_is_never_a_command(clone: Path, tmp_path: Path) -> None:
    done = run_action(clone, tmp_path, base="$(touch owned)`touch owned`", bench="'; touch owned; '")
    assert done.status == 2, done.said
    assert not (clone / "owned").exists()


@pytest.mark.skipif(BASH is None, reason="the action is a script for bash")
def test_the_action_compares_environments(tmp_path: Path) -> None:
    folder = project.make(tmp_path)
    suite = 'import os\n\n\ndef track_level():\n    return int(os.environ["LEVEL"]) + int(os.environ["MORE"])\n'
    (folder / "bench" / "suite.py").write_text(suite)
    sides = {"env": "LEVEL=7\n  MORE=1\n", "base-env": "LEVEL=5"}
    done = run_action(folder, tmp_path, base="HEAD", bench="level", **sides)
    assert done.status == 1, done.said
    summary = (tmp_path / "summary").read_text()
    assert "LEVEL 5 against 7" in summary
    assert "LEVEL5-MORE1" in summary, "what is said of head alone is for both sides"
    assert "LEVEL7-MORE1" in summary


@pytest.mark.skipif(BASH is None, reason="the action is a script for bash")
def test_what_is_cached_is_of_one_pair_of_environments(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(STEPS, "run")
    told = []
    for sides in ({}, {"python": "3.13"}, {"base-python": "3.13"}, {"requirement": "six==1.17.0"}, {"env": "A=1\nB=2"}):
        assert run_action(clone, tmp_path, **sides).status == 0
        told.append((tmp_path / "output").read_text())
    assert len(set(told)) == len(told)
    assert all(re.search(r"^key=[\w.-]+$", each, re.MULTILINE) for each in told), "as a cache's key may be"


def test_every_input_reaches_the_script() -> None:
    script = (ROOT / "gate" / "asv_gate" / "action.sh").read_text()
    variables = {name: value for step in STEPS.values() for name, value in step["env"].items()}
    referred = re.findall(
        r"inputs\.([\w-]+)", " ".join(value for step in STEPS.values() for value in step["env"].values())
    )
    assert set(referred) == set(ACTION["inputs"])
    assert all(name in script for name in variables)
