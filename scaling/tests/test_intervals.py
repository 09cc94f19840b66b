"""``python -m asv_scaling intervals``: the intervals of results in the graphs of a published site."""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import suites
from asv.graph import Graph
from sites import asv, opening, publish, serve

from asv_scaling.__main__ import main

PLAIN = suites.benchmark("topic.time_plain", {})
WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2]})
TIMES = {("serial", 1): 1.0, ("pool", 1): None, ("pool", 2): 0.5}


@pytest.fixture
def made_up(tmp_path: Path) -> suites.MadeUp:
    """Two commits of a benchmark without parameters, and of one with; published."""
    made = suites.MadeUp(tmp_path / "suite", [PLAIN, WORK])
    made.machine("here")
    for number, commit in enumerate((made.commit(), made.commit())):
        rows = {PLAIN["name"]: suites.row(PLAIN, {(): 1.0 + number}), WORK["name"]: suites.row(WORK, TIMES)}
        for python in ("3.12", "3.13"):
            made.run("here", commit, python, rows, THREADS="1")
    publish(made.folder)
    return made


def graph(made: suites.MadeUp, name: str, python: str = "3.13") -> list[list[Any]]:
    """A published graph."""
    index = json.loads((made.folder / "html" / "index.json").read_text())
    (params,) = [params for params in index["graph_param_list"] if params["python"] == python]
    points: list[list[Any]] = json.loads(
        (made.folder / "html" / f"{Graph.get_file_path(params, name)}.json").read_text()
    )
    return points


def given(made: suites.MadeUp) -> int:
    return main(["intervals", "--config", str(made.folder / "asv.conf.json")])


def test_a_value_gets_the_interval_of_its_result(made_up: suites.MadeUp, capsys: pytest.CaptureFixture[str]) -> None:
    before = graph(made_up, PLAIN["name"])
    assert given(made_up) == 0
    assert capsys.readouterr().out.startswith("12 intervals in 4 graphs of ")
    after = graph(made_up, PLAIN["name"])
    assert [revision for revision, _ in after] == [revision for revision, _ in before]
    assert [value["v"] for _, value in after] == [value for _, value in before] == [1.0, 2.0]
    for _, value in after:
        assert math.isclose(value["lo"], value["v"] * 0.98)
        assert math.isclose(value["hi"], value["v"] * 1.02)


def test_each_combination_of_parameters_has_its_own_and_what_failed_has_none(made_up: suites.MadeUp) -> None:
    assert given(made_up) == 0
    for _, values in graph(made_up, WORK["name"]):
        assert [value["v"] if isinstance(value, dict) else value for value in values] == [1.0, None, None, 0.5]
        assert values[3] == {"v": 0.5, "lo": 0.49, "hi": 0.51}


def test_the_same_again_changes_nothing_and_publishing_writes_the_graphs_anew(made_up: suites.MadeUp) -> None:
    before = graph(made_up, WORK["name"])
    assert given(made_up) == 0
    once = graph(made_up, WORK["name"])
    assert given(made_up) == 0
    assert graph(made_up, WORK["name"]) == once != before
    assert asv("publish", "--no-pull", folder=made_up.folder).returncode == 0
    assert graph(made_up, WORK["name"]) == before


def test_a_point_that_is_a_mean_of_several_runs_keeps_its_value(made_up: suites.MadeUp) -> None:
    rows = {PLAIN["name"]: suites.row(PLAIN, {(): 9.0})}
    again = made_up.run("here", made_up.commits[1], "3.13", rows, THREADS="1")
    again.rename(again.with_name(f"{made_up.commits[1][:8]}-another.json"))
    made_up.run("here", made_up.commits[1], "3.13", {PLAIN["name"]: suites.row(PLAIN, {(): 2.0})}, THREADS="1")
    assert asv("publish", "--no-pull", folder=made_up.folder).returncode == 0
    assert given(made_up) == 0
    assert [value if isinstance(value, float) else value["v"] for _, value in graph(made_up, PLAIN["name"])] == [
        1.0,
        5.5,
    ]
    assert graph(made_up, PLAIN["name"])[1][1] == 5.5


def test_results_that_cannot_be_read_are_named_and_the_rest_goes_on(
    made_up: suites.MadeUp, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up.write("results/here/damaged.json", "{")
    assert given(made_up) == 0
    assert "damaged.json is not JSON" in capsys.readouterr().err
    assert isinstance(graph(made_up, PLAIN["name"])[0][1], dict)


def test_without_a_published_site_there_is_nothing_to_write_to(
    made_up: suites.MadeUp, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(made_up.folder / "html")
    assert given(made_up) == 1
    assert "is no published site: asv publish makes it" in capsys.readouterr().err


def test_asv_tachyon_shows_them(browser: Any, made_up: suites.MadeUp) -> None:
    pytest.importorskip("asv_tachyon", reason="asv-tachyon is not installed")
    html = made_up.folder / "html"
    install = [sys.executable, "-m", "asv_tachyon.cli", "install", str(html)]
    subprocess.run(install, check=True, capture_output=True, timeout=60)
    assert given(made_up) == 0
    with serve(html, made_up.folder) as address, opening(browser, address) as found:
        found.page.goto(address)
        tile = found.page.locator(".foot", has_text="2.000s")
        tile.wait_for(timeout=20_000)
        assert tile.count() == 1
        found.picture("tachyon")
        found.complaints.clear()  # it asks for files that a site need not have
