"""The table of what a time owes to the place of its memory: both kinds of process run, and the page has a place."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from asv_gate.asvlink import MOST_PADDING  # noqa: E402 - see above
from tools import layout  # noqa: E402 - see above


@pytest.mark.parametrize(("name", "strategy"), [("coordination.Stencil", "shared"), ("compute.Cubes", "serial")])
def test_a_benchmark_runs_in_a_process_of_its_own(name: str, strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert (name, strategy) in layout.BENCHMARKS
    assert 0 < layout.in_a_process(name, strategy, 100) < 10


def test_the_table_has_both_kinds_and_how_far_apart_their_processes_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{''.join(layout.MARKS)}after\n")
    monkeypatch.setattr(layout, "PAGE", page)
    lengths = []

    def process(_name: str, _strategy: str, padding: int) -> float:
        lengths.append(padding)
        return 0.012 if padding > MOST_PADDING / 2 else 0.010

    monkeypatch.setattr(layout, "in_a_process", process)
    assert layout.main(["--turns", "4"]) == 0
    assert lengths[::2] == [0] * (4 * len(layout.BENCHMARKS))
    assert len(set(lengths[1:8:2])) == 4
    assert all(0 < length < MOST_PADDING for length in lengths[1::2])
    lines = page.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    for name, strategy in layout.BENCHMARKS:
        assert f"| {name} | {strategy} | 10 to 10, median 10 | 10 to 12, median 11 | 1.00 | 1.20 |" in lines


def test_a_page_without_marks_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    monkeypatch.setattr(layout, "PAGE", page)
    with pytest.raises(SystemExit, match="2"):
        layout.main([])
    assert page.read_text() == "nothing\n"
