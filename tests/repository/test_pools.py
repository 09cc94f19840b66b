"""The table of what a Pool's own thread costs: pools of both kinds run, and the page has a place for it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import kept, pool_thread  # noqa: E402 - see above
from tools.pool_thread import Timed  # noqa: E402 - see above


def test_one_kind_of_pool_has_a_thread_that_goes_round_and_the_other_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    wakes, sleeps = (pool_thread.in_a_process(kind, "counter") for kind in pool_thread.KINDS)
    assert wakes.rounds > sleeps.rounds
    assert 0 < sleeps.rounds <= 2


def test_the_table_has_medians_and_what_lies_around_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pool_thread.BEGIN}{pool_thread.END}after\n")
    monkeypatch.setattr(pool_thread, "PAGE", page)
    monkeypatch.setattr(pool_thread, "WORKLOADS", ("counter",))
    given = {
        "wakes": iter([Timed(0.009, 700), Timed(0.007, 500), Timed(0.02, 600)]),
        "sleeps": iter([Timed(0.002, 1)] * 3),
    }
    monkeypatch.setattr(pool_thread, "in_a_process", lambda kind, _: next(given[kind]))
    assert pool_thread.main(["--turns", "3"]) == 0
    assert "| counter | 9 ms (7 to 20) | 600 | 2 ms (2 to 2) | 4.50x |" in page.read_text()


def test_a_page_without_marks_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    monkeypatch.setattr(pool_thread, "PAGE", page)
    with pytest.raises(SystemExit, match="2"):
        pool_thread.main([])
    assert page.read_text() == "nothing\n"


def test_the_page_has_a_line_for_each_workload() -> None:
    assert kept.has_marks(ROOT / pool_thread.PAGE, pool_thread.BEGIN, pool_thread.END)
    text = (ROOT / pool_thread.PAGE).read_text()
    table = text.partition(pool_thread.BEGIN)[2].partition(pool_thread.END)[0]
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == [f"| {name}" for name in pool_thread.WORKLOADS]
