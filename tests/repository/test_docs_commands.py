"""What the documents tell readers to type, and to put into their workflows, is taken as it stands there."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import diagrams
from tools.site import parser_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")])
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
NAMES = {
    "asv-gate": "asv_gate",
    "python -m asv_gate": "asv_gate",
    "asv-scaling": "asv_scaling",
    "python -m asv_scaling": "asv_scaling",
    "python -m kernels": "kernels",
}
COMMAND = re.compile(rf"(?:^|\s)({'|'.join(map(re.escape, NAMES))}) (.*)")
# What a shell puts in, and what comes after the arguments.
DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
VALUE = re.compile(r"\$\(\(.*?\)\)")
AFTER = re.compile(r"(^|\s)(#|>|\||\|\||&&|;|\.\.\.|…).*")


def blocks(page: Path, languages: str) -> Iterator[str]:
    """The code of its blocks of some languages, with continued lines joined."""
    for block in re.findall(rf"^```(?:{languages})\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        yield block.replace("\\\n", " ")


def commands() -> Iterator[Any]:
    """Each command of ours, in a block that is typed or run, with its page."""
    for page in PAGES:
        lines = [line for block in blocks(page, "|shell|bash|yaml|console") for line in block.splitlines()]
        for line in lines:
            if (found := COMMAND.search(line)) and "pip install" not in line:
                given = AFTER.sub("", VALUE.sub("64", DEFAULT.sub(r"\1", found[2])))
                if given.strip():
                    yield pytest.param(found[1], given, id=f"{page.relative_to(ROOT).as_posix()}: {found[0].strip()}")


@pytest.mark.parametrize(("name", "arguments"), [*commands()])
def test_every_command_in_the_docs_is_taken(
    name: str, arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(parser_of(NAMES[name]).parse_args(shlex.split(arguments)), argparse.Namespace)


def test_there_are_commands_in_the_docs() -> None:
    assert len(list(commands())) > 15


@pytest.mark.parametrize("page", [page for page in PAGES if "parallel-kernels@" in page.read_text()])
def test_workflows_in_the_docs_give_the_action_what_it_takes(page: Path) -> None:
    found = [yaml.safe_load(block) for block in blocks(page, "yaml")]
    steps = [step for workflow in found for job in workflow.get("jobs", {}).values() for step in job["steps"]]
    ours = [step for step in steps if "parallel-kernels@" in step.get("uses", "")]
    assert ours
    for step in ours:
        assert set(step["with"]) <= set(ACTION["inputs"])


@pytest.mark.parametrize("path", [*diagrams.files()], ids=lambda path: path.name)
def test_the_diagrams_of_teams_are_those_that_are_drawn(path: Path) -> None:
    """``python -m tools.diagrams`` draws them anew."""
    assert path.read_text(encoding="utf-8") == diagrams.files()[path]
    assert f"teams/{path.name}" in (ROOT / "docs" / "explanation" / "teams.md").read_text()
