"""``make efficiency``: what is measured is kept, what is there is not measured again, and the table is whole."""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import pytest

import kernels

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import efficiency, kept  # noqa: E402 - see above
from tools.pythons import Interpreter  # noqa: E402 - see above

HERE = Interpreter("3.13.0", Path())
OLD = f"before\n{efficiency.BEGIN}old\n{efficiency.END}after\n"


class Fake:
    """Stands for ``kernels compare``, which would take a quarter of an hour; counts what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken: dict[str, BaseException] = {}

    def __call__(self, python: Path, workload: str, size: str) -> dict[str, Any]:
        self.asked.append(workload)
        if workload in self.broken:
            raise self.broken[workload]
        timings = [
            {"strategy": each, "efficiency_median": 0.5, "median": 0.1} for each in ("serial", "threaded", "pool")
        ]
        return {
            "timings": timings,
            "rounds": 5,
            "info": {"python": {}, "cpu": kernels.info()["cpu"], "cpus": {}, "numpy": ""},
        }


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    (tmp_path / "docs").mkdir()
    (tmp_path / efficiency.PAGE).write_text(OLD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(efficiency, "find_pythons", lambda: {"3.13": HERE})
    monkeypatch.setattr(efficiency, "environment", lambda name, python: Path())
    fake = Fake()
    monkeypatch.setattr(efficiency, "compare", fake)
    return fake


def run(*arguments: str) -> int:
    return efficiency.main(["--pythons", "3.13", *arguments])


def test_the_table_has_a_line_for_each_workload_and_a_dash_for_what_was_not_measured(fake: Fake) -> None:
    assert run() == 0
    lines = efficiency.PAGE.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "| workload | threaded, 3.13 | pool, 3.13 | shared, 3.13 |" in lines
    assert [line for line in lines if line.startswith("| triad")] == ["| triad | 0.50 | 0.50 | - |"]
    assert sum(line.endswith("| 0.50 | 0.50 | - |") for line in lines) == len(kernels.workloads())


def test_an_interrupted_run_goes_on_where_it_was(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.broken["pipeline"] = KeyboardInterrupt()
    assert run() == 130
    assert "Interrupted" in capsys.readouterr().err
    assert efficiency.PAGE.read_text() == OLD
    asked, fake.asked = fake.asked, []
    fake.broken.clear()
    assert run() == 0
    assert asked[:-1] + fake.asked == list(kernels.workloads())


def test_what_failed_is_named_and_the_rest_is_kept_but_no_table_is_written(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.broken["ep"] = RuntimeError("ep: pool failed")
    assert run() == 1
    assert "Python 3.13, ep: ep: pool failed" in capsys.readouterr().err
    assert efficiency.PAGE.read_text() == OLD
    assert set(kept.load(efficiency.KEPT)["3.13"]) == {*kernels.workloads()} - {"ep"}


def test_nothing_is_measured_twice_but_for_other_kernels_or_another_size(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for again, arguments in [(True, ()), (False, ()), (True, ("--size", "S")), (False, ("--size", "S"))]:
        fake.asked.clear()
        assert run(*arguments) == 0
        assert fake.asked == (list(kernels.workloads()) if again else [])
    monkeypatch.setattr(kept, "digest", lambda workload: "other")
    assert run("--size", "S") == 0
    assert fake.asked == list(kernels.workloads())


def test_a_python_that_is_not_here_is_an_error(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        efficiency.main(["--pythons", "3.13 3.99"])
    assert ended.value.code == 2
    assert "no Python 3.99 to run on; there are here: 3.13" in capsys.readouterr().err
    assert fake.asked == []


def test_a_page_without_the_marks_is_an_error_before_anything_is_measured(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    efficiency.PAGE.write_text("nothing here\n")
    with pytest.raises(SystemExit):
        run()
    assert "results.md must have the lines" in capsys.readouterr().err
    assert fake.asked == []
    assert efficiency.PAGE.read_text() == "nothing here\n"


def test_the_figures_are_those_of_compare() -> None:
    compared = efficiency.compare(Path(sys.executable), "cubes", "2000")
    found = efficiency.summary(compared)
    assert list(found["efficiency"]) == ["serial", *efficiency.STRATEGIES]
    for timing in compared["timings"]:
        cpus = min(timing["workers"] or 1, compared["info"]["cpus"]["usable"])
        speedup = statistics.median(compared["timings"][0]["warm"]) / statistics.median(timing["warm"])
        assert found["efficiency"][timing["strategy"]] == pytest.approx(speedup / cpus)
    json.dumps(found)


def test_what_compare_says_of_a_failure_is_passed_on() -> None:
    with pytest.raises(RuntimeError, match="size must be one of"):
        efficiency.compare(Path(sys.executable), "cubes", "XL")


def test_the_page_has_the_marks_once_and_what_is_kept_is_what_it_shows() -> None:
    text = (ROOT / efficiency.PAGE).read_text()
    assert text.count(efficiency.BEGIN) == text.count(efficiency.END) == 1
    if not (ROOT / efficiency.KEPT).exists():
        pytest.skip("nothing was measured yet: make efficiency")
    everything = json.loads((ROOT / efficiency.KEPT).read_text())
    assert efficiency.as_table(everything, sorted(everything)) in text
