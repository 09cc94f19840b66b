"""The page by itself: opened from a disk, and in a site whose shell is not asv's."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import suites
from sites import Opened, opening, publish, serve

WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2, 4]})
TIMES = {("serial", 1): 1.0, ("pool", 1): 1.1, ("pool", 2): 0.6, ("pool", 4): None}


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> suites.MadeUp:
    made = suites.MadeUp(tmp_path_factory.mktemp("alone") / "suite", [WORK])
    made.machine("here")
    for commit in (made.commit(), made.commit()):
        for python in ("3.9", "3.13"):
            made.run("here", commit, python, {WORK["name"]: suites.row(WORK, TIMES)})
    publish(made.folder)
    return made


@pytest.fixture
def from_disk(browser: Any, made_up: suites.MadeUp) -> Iterator[Opened]:
    with opening(browser, (made_up.folder / "html").as_uri() + "/") as found:
        yield found


def test_it_is_shown_from_a_disk(from_disk: Opened) -> None:
    from_disk.go("scaling/index.html")
    page = from_disk.page
    assert page.title() == "Scaling of made up"
    assert page.locator("#scaling-matrix a", has_text="1.67x").count() == 1
    assert page.locator("#scaling-graph svg .mark-symbol.role-mark path").count() == 3
    assert page.locator("#scaling-pythons svg").count() == 1
    from_disk.picture("alone")


def test_its_links_are_those_of_asvs_page(from_disk: Opened, made_up: suites.MadeUp) -> None:
    from_disk.go(f"scaling/index.html#/scaling?commit={made_up.commits[0]}&python=3.9&show=cost")
    page = from_disk.page
    assert page.inner_text("#scaling-graph-title") == "Work: cost against workers"
    assert f"Python 3.9, {made_up.commits[0][:8]}" in page.inner_text("#scaling-graph")
    page.select_option('select[name="python"]', "3.13")
    from_disk.drawn()
    assert f"Python 3.13, {made_up.commits[0][:8]}" in page.inner_text("#scaling-graph")
    assert page.get_attribute("header a", "href") == "../index.html"


def test_a_file_that_is_missing_is_named(browser: Any, made_up: suites.MadeUp, tmp_path: Path) -> None:
    copy = shutil.copytree(made_up.folder / "html/scaling", tmp_path / "scaling")
    shutil.rmtree(copy / "runs")
    page = browser.new_page()
    page.goto((copy / "index.html").as_uri())
    page.wait_for_function("document.querySelector('#scaling-note').textContent !== ''")
    assert f"runs/0/{made_up.commits[1][:12]}.js could not be loaded" in page.inner_text("#scaling-note")
    page.close()


def test_it_stays_in_a_site_whose_shell_is_asv_tachyons(browser: Any, made_up: suites.MadeUp, tmp_path: Path) -> None:
    pytest.importorskip("asv_tachyon", reason="asv-tachyon is not installed")
    html = shutil.copytree(made_up.folder / "html", tmp_path / "html")
    done = subprocess.run(
        [sys.executable, "-m", "asv_tachyon.cli", "install", str(html)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "scaling" not in (html / "index.html").read_text()
    with serve(html, made_up.folder) as address, opening(browser, address) as found:
        found.go("scaling/")
        assert found.page.locator("#scaling-graph svg").count() == 1
