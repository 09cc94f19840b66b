"""``make gil``: samples of two Pythons are interleaved, rounds are kept, and the table says what was measured."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import gil, gil_costs, kept  # noqa: E402 - see above
from tools.measure import Failed  # noqa: E402 - see above
from tools.pythons import Interpreter  # noqa: E402 - see above

NAMES = "3.13 3.13t"
SECONDS = {
    "3.13": {"serial": 4.0, "threaded": 4.0, "pool": 2.5, "shared": 2.0},
    "3.13t": {"serial": 5.0, "threaded": 2.0},
}
ONE, TWO = "1.00x (1.00 to 1.00)", "2.00x (2.00 to 2.00)"
LINE = f"| triad | 1.25 (1.25 to 1.25) | {ONE} | {TWO} | shared {TWO} | {ONE} |"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The Python and the strategy of each run that is asked for, of Pythons that take their time as in SECONDS."""
    asked: list[tuple[str, str]] = []

    @contextmanager
    def started(python: Path, workload: str, size: str) -> Iterator[Any]:
        name = str(python)

        def run(strategy: str) -> float:
            asked.append((name, strategy))
            return SECONDS[name][strategy]

        yield SimpleNamespace(strategies=list(SECONDS[name]), python={"version": name}, run=run)

    (tmp_path / "docs").mkdir()
    (tmp_path / gil.PAGE).write_text(f"before\n{gil.BEGIN}{gil.END}after\n")
    monkeypatch.chdir(tmp_path)
    found = {name: Interpreter(name, Path(name)) for name in NAMES.split()}
    monkeypatch.setattr(gil, "find_pythons", lambda: found)
    monkeypatch.setattr(gil, "environment", lambda name, python: Path(name))
    monkeypatch.setattr(gil, "started", started)
    return asked


def run(*options: str) -> int:
    return gil.main(["--workloads", "triad", "--rounds", "2", *options])


def test_the_table_has_the_ratios_of_each_workload(runs: list[tuple[str, str]]) -> None:
    assert run() == 0
    assert LINE in gil.PAGE.read_text().splitlines()
    assert runs.count(("3.13t", "threaded")) == 2 * gil.SAMPLES
    assert ("3.13t", "pool") not in runs


def test_two_pythons_are_sampled_by_turns(runs: list[tuple[str, str]]) -> None:
    run("--rounds", "1")
    serial = [name for name, strategy in runs if strategy == "serial"]
    assert all(set(serial[turn : turn + 2]) == {"3.13", "3.13t"} for turn in range(0, len(serial), 2))


def test_rounds_are_kept_and_go_on_where_they_were(
    runs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--rounds", "1")
    first = len(runs)
    run("--rounds", "3")
    assert len(runs) == 3 * first
    run("--rounds", "3")
    assert len(runs) == 3 * first
    monkeypatch.setattr(kept, "digest", lambda workload: "other")
    run("--rounds", "1")
    assert len(runs) == 4 * first
    assert len(kept.load(gil.KEPT)[NAMES]["triad"]["seconds"]["3.13"]["serial"]) == 1


@pytest.mark.parametrize("options", [("--pythons", "3.13"), ("--pythons", "3.13 3.99t"), ("--rounds", "0")])
def test_what_it_cannot_measure_is_an_error_before_anything_is_measured(
    options: tuple[str, str], runs: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(*options)
    assert "it takes two Pythons and at least one round" in capsys.readouterr().err
    assert not runs


def test_a_process_runs_teams_when_it_is_told_to() -> None:
    with gil.started(Path(sys.executable), "polynomial", "S") as side:
        assert {"serial", "threaded", "pool", "shared"} <= set(side.strategies)
        assert side.run("serial") > 0
        assert side.run("shared") > 0
    assert side.process.returncode == 0


def test_what_a_process_says_when_it_fails_is_told() -> None:
    with pytest.raises(Failed, match="size must be one of S, M, L"), gil.started(Path(sys.executable), "triad", "XL"):
        pass


def test_the_page_shows_what_is_kept() -> None:
    assert kept.has_marks(ROOT / gil.PAGE, gil.BEGIN, gil.END)
    everything = json.loads((ROOT / gil.KEPT).read_text())[NAMES]
    assert gil.as_table(everything, *NAMES.split()) in (ROOT / gil.PAGE).read_text()


def test_workloads_are_told_apart_where_all_rounds_agree() -> None:
    def seconds(*threads: float) -> dict[str, Any]:
        return {"seconds": {"3.13": {"pool": [9.0, 9.0], "shared": [2.0, 2.0]}, "3.13t": {"threaded": [*threads]}}}

    measured = {"a": seconds(1.0, 1.9), "b": seconds(1.9, 2.1), "c": seconds(2.1, 3.0), "d": seconds(1.0, 2.0)}
    assert gil.told_apart(measured, "3.13", "3.13t") == (1, 1, 2)


def one(base: float | None, head: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """What a report of the gate says of a benchmark."""
    ratio = head / base if base and head else None
    return {"base": base, "head": head, "ratio": ratio, "low": low, "high": high, "pairs": 9}


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The status that the gate ends with, and what it measures."""
    found: list[Any] = [
        1,
        {
            "startup.Threads.time_open(2)": one(0.004, 0.006, 1.4, 1.6),
            "granularity.Task.track_metg('pool')": one(0.5e-3, 0.25e-3),
            "dispatch.Pool.track_per_task('default', 'map')": one(2.5e-6, None),
        },
    ]

    def run(with_gil: str, without: str, budget: str, folder: Path) -> int:
        named = [{"name": name, "verdict": "slower", **said} for name, said in found[1].items()]
        (folder / "report.json").write_text(json.dumps({"head": {"commit": "abc"}, "benchmarks": named}))
        return int(found[0])

    (tmp_path / "docs").mkdir()
    (tmp_path / gil_costs.PAGE).write_text(f"before\n{gil_costs.BEGIN}{gil_costs.END}after\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gil_costs, "run_gate", run)
    return found


def test_the_costs_are_those_of_the_report(gate: list[Any]) -> None:
    assert gil_costs.main([]) == 0
    lines = gil_costs.PAGE.read_text().splitlines()[2:-2]
    assert lines[0] == "|  | 3.13 | 3.13t | 3.13t / 3.13 | pairs |"
    assert "| METG, `pool` | 500 µs | 250 µs | 0.50 | 9 |" in lines
    assert "| opening `threaded` | 4 ms | 6 ms | 1.50 (1.40 to 1.60) | 9 |" in lines
    assert sum("| not measured |" in line for line in lines) == len(gil_costs.BENCHES) - 2


def test_where_the_gate_could_not_measure_the_page_stays(gate: list[Any]) -> None:
    gate[0] = 2
    assert gil_costs.main([]) == 2
    assert gil_costs.PAGE.read_text() == f"before\n{gil_costs.BEGIN}{gil_costs.END}after\n"
    assert not gil_costs.KEPT.exists()


def test_each_of_the_costs_is_a_benchmark_of_the_suite() -> None:
    names = (ROOT / "tests" / "repository" / "benchmark_names.txt").read_text()
    assert all(name.partition("(")[0] in names for name in gil_costs.BENCHES)


def test_the_page_shows_the_costs_that_are_kept() -> None:
    assert kept.has_marks(ROOT / gil_costs.PAGE, gil_costs.BEGIN, gil_costs.END)
    found = kept.load(ROOT / gil_costs.KEPT)[NAMES]["benchmarks"]
    assert gil_costs.as_table(found, *NAMES.split()) in (ROOT / gil_costs.PAGE).read_text()
