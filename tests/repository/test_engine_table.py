"""``make engines``: what is measured is kept, a workload can be measured alone, and the table is whole."""

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import engines, kept  # noqa: E402 - see above

PAGE = f"before\n{engines.BEGIN}old\n{engines.END}after\n"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workloads that were compared; a comparison that would take minutes is not made."""
    (tmp_path / "docs").mkdir()
    for page in (engines.PAGE, engines.FRONT):
        (tmp_path / page).write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []

    def compare(workload: str) -> dict[str, Any]:
        asked.append(workload)
        if len(asked) > 3:
            raise RuntimeError("it broke")
        times = {"serial": 0.1, "pool": 0.09, "shared": 0.05 + 0.01 * len(asked), "dask": 0.2}
        timings = [{"strategy": each, "best": best, "cold_median": 10 * best} for each, best in times.items()]
        info = {"python": {"version": "3.11.7", "implementation": "CPython"}, "cpu": "", "cpus": {"usable": 2}}
        return {"timings": timings, "left_out": {"ray": "it is not here"}, "rounds": 5, "size": "M", "info": info}

    monkeypatch.setattr(engines, "compare", compare)
    monkeypatch.setattr(engines, "python_name", lambda python: "3.11.7")
    return asked


def test_workloads_can_be_measured_one_at_a_time(asked: list[str]) -> None:
    assert engines.main(["parzen"]) == 0
    assert engines.main(["triad", "cubes"]) == 0
    assert asked == ["parzen", "triad", "cubes"]
    page = engines.PAGE.read_text()
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "\nold\n" not in page
    assert "| strategy | `parzen` | `cubes` | `triad` | cold (s) |" in page
    assert "| `shared` | **60 ms, 1.67x** | **80 ms, 1.25x** | **70 ms, 1.43x** | 0.6 |" in page
    assert "| `dask` | 200 ms, 0.50x | 200 ms" in page
    assert "| `ray` | - | - | - | - |" in page
    front = engines.FRONT.read_text()
    assert "| workload | `pool` | `shared` | `joblib` |" in front
    assert "| `parzen` | 1.11 | **1.67** | - |" in front


def test_what_failed_is_said_and_what_was_measured_is_kept(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert engines.main([]) == 1
    assert capsys.readouterr().err == "make engines: queens: it broke\n"
    assert sorted(kept.load(engines.KEPT)) == ["cubes", "parzen", "triad"]
    assert engines.PAGE.read_text() == PAGE


def test_a_workload_that_is_not_in_the_table_is_refused(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        engines.main(["sleep"])
    assert "a workload must be one of parzen, cubes, triad, queens, not sleep" in capsys.readouterr().err


def test_the_tables_of_the_documents_are_of_what_was_measured() -> None:
    everything = kept.load(ROOT / engines.KEPT)
    assert everything.keys() == set(engines.WORKLOADS)
    for page, table in ((engines.PAGE, engines.as_table(everything)), (engines.FRONT, engines.speedups(everything))):
        assert f"{engines.BEGIN}{table}\n{engines.END}" in (ROOT / page).read_text()
