"""The tables of what differs from one pool's process to the next: both kinds run, and the page has a place for each."""

import platform
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import freed_memory, kept, pool_thread, pools  # noqa: E402 - see above
from tools.pools import Kinds, Timed  # noqa: E402 - see above

ALL = pytest.mark.parametrize("kinds", [pool_thread.KINDS, freed_memory.KINDS], ids=lambda kinds: kinds.module)


def test_one_kind_of_pool_has_a_thread_that_goes_round_and_the_other_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    wakes, sleeps = (pool_thread.KINDS.in_a_process(kind, "counter") for kind in ("wakes", "sleeps"))
    assert wakes.counted > sleeps.counted
    assert 0 < sleeps.counted <= 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that gives memory back, on Linux")
def test_one_kind_of_pool_gives_memory_back_and_the_other_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    back, keeps = (freed_memory.KINDS.in_a_process(kind, "triad") for kind in ("gives back", "keeps"))
    assert back.counted > 10 * keeps.counted


@ALL
def test_the_table_has_medians_and_what_lies_around_them(
    kinds: Kinds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{''.join(kinds.marks)}after\n")
    monkeypatch.setattr(pools, "PAGE", page)
    first, second = kinds.variables
    given = {
        first: iter([Timed(0.009, 700), Timed(0.007, 500), Timed(0.02, 600)] * len(kinds.workloads)),
        second: iter([Timed(0.002, 1)] * 3 * len(kinds.workloads)),
    }
    monkeypatch.setattr(Kinds, "in_a_process", lambda _, kind, workload: next(given[kind]))
    assert kinds.main(None, ["--turns", "3"]) == 0
    lines = page.read_text().splitlines()
    assert lines[0] == "before"
    assert lines[-1] == "after"
    for workload in kinds.workloads:
        assert f"| {workload} | 9 ms (7 to 20) | 600 | 2 ms (2 to 2) | 4.50x |" in lines


@ALL
def test_a_page_without_marks_is_an_error(kinds: Kinds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    monkeypatch.setattr(pools, "PAGE", page)
    with pytest.raises(SystemExit, match="2"):
        kinds.main(None, [])
    assert page.read_text() == "nothing\n"


@ALL
def test_the_page_has_a_line_for_each_workload(kinds: Kinds) -> None:
    assert kept.has_marks(ROOT / pools.PAGE, *kinds.marks)
    before, after = kinds.marks
    table = (ROOT / pools.PAGE).read_text().partition(before)[2].partition(after)[0]
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == [f"| {name}" for name in kinds.workloads]
