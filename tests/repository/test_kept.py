"""What is measured again: what has changed since, and nothing else."""

import ast
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import kept  # noqa: E402 - see above


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the kernels."""
    copy = tmp_path / "kernels"
    shutil.copytree(kept.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.mark.parametrize(
    ("file", "line", "changed"),
    [
        ("workloads/counter.py", "BATCH = 7", {"counter", "counter_merged"}),
        ("workloads/counter_merged.py", "pool = threaded", {"counter_merged"}),
        ("workloads/_web.py", "SITES = ()", {"crawl"}),
        ("workloads/counter.py", "# a remark", set()),
        ("comparing/chart.py", "INK = 'black'", set()),
        ("mpi/model.py", "ASSUMED = 1", set()),
        ("strategies/pool.py", "POLL_SECONDS = 9", {"counter", "counter_merged", "crawl", "triad"}),
        ("workers/group.py", "TASKS_IN_HAND = 1", {"counter", "counter_merged", "crawl", "triad"}),
    ],
)
def test_an_edit_has_those_workloads_measured_anew_whose_times_may_have_changed(
    file: str, line: str, changed: set[str], package: Path
) -> None:
    workloads = ("counter", "counter_merged", "crawl", "triad")
    before = {name: kept.digest(name, package) for name in workloads}
    with (package / file).open("a") as source:
        source.write(f"\n{line}\n")
    assert {name for name in workloads if kept.digest(name, package) != before[name]} == changed


def test_a_new_workload_has_no_other_measured_anew(package: Path) -> None:
    before = kept.digest("triad", package)
    shutil.copy(package / "workloads" / "triad.py", package / "workloads" / "new.py")
    assert kept.digest("triad", package) == before
    assert kept.digest("new", package)


def test_another_docstring_is_no_other_code(package: Path) -> None:
    file = package / "workloads" / "triad.py"
    before = kept.digest("triad", package)
    file.write_text(file.read_text().replace('"""', '"""Truly: ', 1))
    assert "Truly" in file.read_text()
    assert kept.digest("triad", package) == before


def test_every_python_has_the_same_text_of_a_program() -> None:
    """Else another Python would have everything measured anew. It is what ``ast.dump`` makes of it on Python 3.13."""
    text = kept.as_text(ast.parse("import os\ndef f(*, b=None):\n    return b[:]\n"))
    imported = "Import(names=[alias(name='os')])"
    function = "FunctionDef(name='f', args=arguments(kwonlyargs=[arg(arg='b')], kw_defaults=[Constant(value=None)])"
    returned = "Return(value=Subscript(value=Name(id='b', ctx=Load()), slice=Slice(), ctx=Load()))"
    assert text == f"Module(body=[{imported}, {function}, body=[{returned}])])"
