"""The page in a real browser, on the committed results, with no network."""

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sites import Opened, published

Found = dict[str, Any]
FIELDS = ("time", "time_low", "time_high", "speedup", "speedup_low", "speedup_high")


@pytest.fixture(scope="session")
def index(site: Path) -> Found:
    found: Found = published(site, "index")
    return found


def newest(index: Found) -> tuple[Found, Found, int]:
    """The machine, environment and commit that the page opens with, where there is one machine; else the last's."""
    machine = max(index["machines"], key=lambda machine: max(date for _, date in machine["commits"]))
    commit = len(machine["commits"]) - 1
    environment = [one for one in machine["environments"] if commit in one["commits"]][-1]
    return machine, environment, commit


def address(machine: Found, environment: Found, commit: int, **more: str) -> str:
    said = {"machine": machine["name"], "python": environment["label"], "commit": machine["commits"][commit][0], **more}
    return "#/scaling?" + "&".join(f"{name}={quote(value)}" for name, value in said.items())


def rows_of(site: Path, index: Found, machine: Found, environment: Found, commit: int) -> dict[str, list[Any]]:
    """What is published of each workload's points in a run, by the workload's key."""
    name = f"runs/{index['machines'].index(machine)}/{machine['commits'][commit][0][:12]}"
    run = published(site, name)["runs"][str(environment["number"])]
    found = zip(index["workloads"], run["workloads"], strict=True)
    return {workload["key"]: some[0] for workload, some in found if some is not None}


def points_of(index: Found, key: str) -> list[tuple[str, int]]:
    (workload,) = (one for one in index["workloads"] if one["key"] == key)
    return [(strategy, workers) for strategy, workers in workload["points"]]


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
    published_rows = rows_of(site, index, machine, environment, commit)
    for workload, rows in list(published_rows.items())[:3]:
        points = points_of(index, workload)
        timed = [point for point, row in zip(points, rows, strict=True) if not isinstance(row, str)]
        if show in ("speedup", "efficiency") and not any(row[0] in (index["baseline"], "") for row in timed):
            continue
        opened.go(address(machine, environment, commit, workload=workload, show=show))
        graph = opened.page.locator("#scaling-graph")
        ideal = any(row[0] in (index["baseline"], "") for row in timed)
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
    old, new = (machine["commits"][place][0] for place in environment["commits"][-2:])
    opened.go(address(machine, environment, environment["commits"][-1], commit2=old))
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


def test_the_page_shows_the_rows_that_were_published(opened: Opened, site: Path, index: Found) -> None:
    """The page's CSV of each workload holds them."""
    machine, environment, commit = newest(index)
    compared = 0
    for workload, rows in rows_of(site, index, machine, environment, commit).items():
        opened.go(address(machine, environment, commit, workload=workload))
        table = csv.DictReader(io.StringIO(download(opened, "graph", "CSV").decode()))
        for shown, (strategy, workers), row in zip(table, points_of(index, workload), rows, strict=True):
            assert (shown["strategy"], int(shown["workers"])) == (strategy or "all", workers)
            assert shown["missing"] == (row if isinstance(row, str) else "")
            values = dict(zip(FIELDS, [] if isinstance(row, str) else row, strict=False))
            for name in FIELDS:
                value = values.get(name)
                assert shown[name] == "" if value is None else float(shown[name]) == value
                compared += value is not None
    assert compared > 100
