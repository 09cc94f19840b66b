"""The workflows of CI run what users run: make's targets, and the action of this repository."""

import re
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
