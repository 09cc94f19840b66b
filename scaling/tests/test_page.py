"""The page in a real browser, on the committed results, with no network."""

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sites import Opened

from asv_scaling import scaling

Found = dict[str, Any]


@pytest.fixture(scope="session")
def index(site: Path) -> Found:
    found: Found = json.loads((site / "scaling" / "index.json").read_text())
    return found


def newest(index: Found) -> tuple[Found, Found, str]:
    """The machine, environment and commit that the page opens with, where there is one machine; else the last's."""
    machine = max(index["machines"], key=lambda machine: max(machine["commits"].values()))
    commit = list(machine["commits"])[-1]
    environment = [one for one in machine["environments"] if commit in one["commits"]][-1]
    return machine, environment, commit


def address(machine: Found, environment: Found, commit: str, **more: str) -> str:
    said = {"machine": machine["name"], "python": environment["label"], "commit": commit, **more}
    return "#/scaling?" + "&".join(f"{name}={quote(value)}" for name, value in said.items())


def run_of(site: Path, machine: Found, environment: Found, commit: str) -> Found:
    found: Found = json.loads(
        (site / "scaling" / "runs" / machine["folder"] / f"{environment['number']}-{commit[:12]}.json").read_text()
    )
    return found


@pytest.mark.parametrize("tab", ["#/", "#/summarylist", "#/regressions", "#/scaling"])
def test_every_tab_opens_without_a_complaint_and_without_a_network(opened: Opened, tab: str) -> None:
    opened.go(tab)
    opened.page.wait_for_load_state("networkidle")
    shown = {
        "#/": "summarygrid",
        "#/summarylist": "summarylist",
        "#/regressions": "regressions",
        "#/scaling": "scaling",
    }
    for name in shown.values():
        displayed = opened.page.eval_on_selector(f"#{name}-display", "e => getComputedStyle(e).display !== 'none'")
        assert displayed == (name == shown[tab])
    assert opened.page.locator("#nav li.active").inner_text().strip() != ""
    opened.picture(f"tab-{shown[tab]}")


def test_a_graph_of_asv_draws_too(opened: Opened, index: Found) -> None:
    opened.go(f"#{index['workloads'][0]['key'].partition('[')[0]}")
    opened.page.wait_for_selector("#main-graph canvas")
    opened.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("show", ["speedup", "efficiency", "time", "cost"])
def test_it_draws_a_line_for_every_strategy_that_was_measured(
    opened: Opened, site: Path, index: Found, show: str
) -> None:
    machine, environment, commit = newest(index)
    run = run_of(site, machine, environment, commit)
    for workload in list(run["times"])[:3]:
        timed = [row for row in run["times"][workload] if len(row) > 2 and not isinstance(row[2], str)]
        if show in ("speedup", "efficiency") and not any(row[0] in (index["serial"], "") for row in timed):
            continue
        opened.go(address(machine, environment, commit, workload=workload, show=show))
        graph = opened.page.locator("#scaling-graph")
        ideal = any(row[0] in (index["serial"], "") for row in timed)
        assert graph.locator(".mark-symbol.role-mark path").count() == len(timed)
        assert graph.locator(".mark-line.role-mark path").count() == len({row[0] for row in timed}) + ideal
        opened.picture(f"{show}-{workload}")


def test_the_link_of_a_view_restores_it(opened: Opened, index: Found) -> None:
    opened.go("#/scaling")
    choice = index["workloads"][1]["key"]
    opened.page.select_option('select[name="workload"]', choice)
    opened.drawn()
    opened.page.check('input[value="cost"]')
    opened.drawn()
    title, numbers = (opened.page.inner_text(name) for name in ("#scaling-graph-title", "#scaling-graph"))
    link = opened.page.evaluate("location.hash")
    opened.go("#/")
    opened.page.goto("about:blank")
    opened.go(link)
    assert opened.page.inner_text("#scaling-graph-title") == title
    assert opened.page.inner_text("#scaling-graph") == numbers
    assert opened.page.input_value('select[name="workload"]') == choice
    assert opened.page.is_checked('input[value="cost"]')


def test_two_commits_are_drawn_side_by_side(opened: Opened, index: Found) -> None:
    machine = next((one for one in index["machines"] if any(len(e["commits"]) > 1 for e in one["environments"])), None)
    assert machine is not None, "the committed results have no machine with two commits"
    environment = next(one for one in machine["environments"] if len(one["commits"]) > 1)
    new, old = environment["commits"][-1], environment["commits"][-2]
    opened.go(address(machine, environment, new, commit2=old))
    words = opened.page.inner_text("#scaling-graph")
    assert new[:8] in words
    assert old[:8] in words
    opened.picture("two-commits")


def test_what_does_not_exist_is_said_and_the_rest_is_shown(opened: Opened) -> None:
    opened.go("#/scaling?machine=enigma&workload=none&python=2.7&commit=0000")
    note = opened.page.inner_text("#scaling-note")
    assert all(name in note for name in ("enigma", "none", "2.7", "0000"))
    assert opened.page.locator("#scaling-graph svg").count() == 1


def test_the_keyboard_is_enough(opened: Opened) -> None:
    opened.go("#/scaling")
    page = opened.page
    page.focus('select[name="machine"]')
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(e => e.closest('td') ? 'cell' : e.name || e.textContent)(document.activeElement)"))
        if seen[-1] == "cell":
            break
    assert seen[-1] == "cell", seen
    link = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    opened.drawn()
    assert page.evaluate("location.hash") == link
    assert page.evaluate("document.activeElement.id") == "scaling-graph-title"
    page.focus('input[value="speedup"]')
    page.keyboard.press("ArrowRight")
    opened.drawn()
    assert "show=efficiency" in page.evaluate("location.hash")
    assert page.evaluate("document.activeElement.value") == "efficiency"


@pytest.mark.parametrize("opened", [360], indirect=True)
def test_a_narrow_screen_is_enough(opened: Opened) -> None:
    opened.go("#/scaling")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360
    graph = opened.page.locator("#scaling-graph svg").bounding_box()
    assert graph["width"] <= 360
    assert opened.page.locator("#scaling-choice").bounding_box()["y"] > 0
    opened.picture("narrow")


def download(opened: Opened, chart: str, kind: str) -> bytes:
    with opened.page.expect_download() as got:
        opened.page.click(f'[data-chart="{chart}"] >> text={kind}')
    return Path(got.value.path()).read_bytes()


def test_the_pictures_and_the_data_can_be_downloaded(opened: Opened) -> None:
    opened.go("#/scaling")
    assert download(opened, "graph", "SVG").startswith(b"<svg")
    assert download(opened, "graph", "PNG").startswith(b"\x89PNG")
    assert download(opened, "pythons", "CSV").startswith(b"panel,python,place,strategy,workers,")


def test_the_page_derives_what_python_derives(opened: Opened, site: Path, index: Found) -> None:
    """The figures of the page's CSV, against scaling.py on what the page was given."""
    machine, environment, commit = newest(index)
    run = run_of(site, machine, environment, commit)
    compared = 0
    for workload, rows in run["times"].items():
        points = [_point(row) for row in rows]
        base = scaling.baseline(points, index["serial"])
        opened.go(address(machine, environment, commit, workload=workload))
        table = csv.DictReader(io.StringIO(download(opened, "graph", "CSV").decode()))
        for row, point in zip(table, points, strict=True):
            assert (row["strategy"], int(row["workers"])) == (point.strategy or "all", point.workers)
            assert row["missing"] == point.missing
            if base is None or point.time is None:
                assert row["speedup"] == ""
                continue
            own = scaling.ratio(base, point)
            for name, value in (("speedup", own.value), ("speedup_low", own.low), ("speedup_high", own.high)):
                assert (row[name] == "") == (value is None)
                assert value is None or math.isclose(float(row[name]), value, rel_tol=1e-12)
                compared += 1
    assert compared > 30


def _point(row: Sequence[Any]) -> scaling.Point:
    strategy, workers, *rest = row
    return (
        scaling.Point(strategy, workers, missing=rest[0])
        if isinstance(rest[0], str)
        else scaling.Point(strategy, workers, *rest)
    )
