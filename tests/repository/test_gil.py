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

from tools import gil, kept  # noqa: E402 - see above
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
    if not (ROOT / gil.KEPT).exists():
        pytest.skip("nothing was measured yet: make gil")
    everything = json.loads((ROOT / gil.KEPT).read_text())[NAMES]
    assert gil.as_table(everything, *NAMES.split()) in (ROOT / gil.PAGE).read_text()
