"""What the documents say is what commands print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kernels.__main__ import main
from tools import quoted

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
RESULTS = (ROOT / "docs" / "results.md").read_text()


def test_the_table_of_combinations_is_the_one_that_is_computed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--markdown"]) == 0
    page = (ROOT / "docs" / "reference" / "strategies.md").read_text()
    assert f"-->\n{capsys.readouterr().out.strip()}\n<!--" in page


def test_the_winners_in_the_readme_are_those_of_the_results() -> None:
    """`make quoted` writes them."""
    assert len(quoted.WINNER.findall(README)) == 8
    assert quoted.with_winners(README, RESULTS) == README


def test_the_readme_is_a_front_page() -> None:
    assert len(README.splitlines()) <= 120


def test_every_file_that_the_front_pages_link_to_is_there() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("*/README.md")):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_versions_are_one_everywhere() -> None:
    files = [ROOT / "kernels", ROOT / "gate" / "asv_gate", ROOT / "scaling" / "asv_scaling"]
    found = {re.search(r'__version__ = "(.+)"', (file / "__init__.py").read_text())[1] for file in files}  # type: ignore[index]
    (version,) = found
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()
    for module, name in (("kernels", "parallel-kernels"), ("asv_gate", "asv-gate"), ("asv_scaling", "asv-scaling")):
        command = [sys.executable, "-m", module, "--version"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"{name} {version}\n"


def test_every_make_target_has_a_line_of_help() -> None:
    text = (ROOT / "Makefile").read_text()
    helped = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert set(re.findall(r"^([a-z-]+):(?!=)", text, re.MULTILINE)) - helped == {"offline"}
