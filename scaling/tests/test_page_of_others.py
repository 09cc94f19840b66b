"""The page of a made-up suite, for what the committed results need not have."""

from collections.abc import Iterator

import pytest
import suites
from sites import Opened, publish, serve

WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2, 4]})
OTHER = suites.benchmark("topic.Other.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2, 4]})
BUILD = suites.benchmark("python.Build.track_fact", {"fact": ["PGO", "GIL"]}, unit="yes", type="track")
PYTHONS = {"3.9": (2.0, 0.0), "3.10": (1.5, 1.0), "3.13": (1.0, 1.0)}


@pytest.fixture(scope="module")
def made_up(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> suites.MadeUp:
    """Two commits: the first on all Pythons with facts, the second on the newest without them."""
    made = suites.MadeUp(tmp_path_factory.mktemp("others") / "suite", [WORK, OTHER, BUILD])
    made.machine("here")
    old, new = made.commit(), made.commit()
    for python, (time, pgo) in PYTHONS.items():
        times = {("serial", 1): time, ("pool", 1): time * 1.1, ("pool", 2): time * 0.55, ("pool", 4): None}
        facts = suites.row(BUILD, {("PGO",): pgo, ("GIL",): 1.0})
        made.run("here", old, python, {WORK["name"]: suites.row(WORK, times), BUILD["name"]: facts})
    made.run("here", new, "3.13", {WORK["name"]: suites.row(WORK, {("serial", 1): 1.0})})
    publish(made.folder)
    return made


@pytest.fixture(scope="module")
def served(made_up: suites.MadeUp) -> Iterator[str]:
    with serve(made_up.folder / "html", made_up.folder) as address:
        yield address


def test_pythons_are_drawn_from_the_oldest_on(opened: Opened, made_up: suites.MadeUp) -> None:
    opened.go(f"#/scaling?commit={made_up.commits[0]}")
    words = opened.page.locator("#scaling-pythons text").all_text_contents()
    assert [word for word in words if word in PYTHONS] == list(PYTHONS)
    opened.picture("pythons")


def test_what_the_builds_differ_in_is_said(opened: Opened, made_up: suites.MadeUp) -> None:
    opened.go(f"#/scaling?commit={made_up.commits[0]}")
    warning = opened.page.inner_text("#scaling-differences")
    assert "PGO (3.9: 0, 3.10: 1, 3.13: 1)" in warning
    assert "GIL" not in warning


def test_points_that_are_missing_say_why(opened: Opened, made_up: suites.MadeUp) -> None:
    opened.go(f"#/scaling?commit={made_up.commits[0]}")
    missing = opened.page.inner_text("#scaling-missing")
    assert "skipped: serial with 2, 4" in missing
    assert "failed: pool with 4" in missing
    opened.go("#/scaling?workload=topic.Other.time_run")
    assert opened.page.inner_text("#scaling-missing") == "This was not run here."
    assert opened.page.inner_text("#scaling-graph") == "Nothing was measured here."


def test_a_python_without_the_commit_is_set_beside_with_its_newest(opened: Opened, made_up: suites.MadeUp) -> None:
    old, new = made_up.commits
    opened.go(f"#/scaling?commit={new}&python=3.13&python2=3.9")
    assert f"its newest commit, {old[:8]}" in opened.page.inner_text("#scaling-note")
    graph = opened.page.inner_text("#scaling-graph")
    assert f"Python 3.13, {new[:8]}" in graph
    assert f"Python 3.9, {old[:8]}" in graph


def test_a_cell_leads_to_its_graph(opened: Opened, made_up: suites.MadeUp) -> None:
    opened.go(f"#/scaling?commit={made_up.commits[0]}&python=3.13&show=time&workload=topic.Other.time_run")
    cell = opened.page.locator("#scaling-matrix a", has_text="1.82x")
    assert "★" in cell.inner_text()
    assert cell.get_attribute("aria-label") == "Work, pool: 1.82 times as fast with 2 workers, the fastest"
    cell.click()
    opened.drawn()
    assert opened.page.inner_text("#scaling-graph-title") == "Work: speedup against workers"
