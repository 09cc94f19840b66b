"""The Changes page: what it lists, and that it is shown by itself, in asv's page and in other shells."""

import itertools
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import suites
from sites import Opened, asv, opening, publish, serve

from asv_scaling import __main__ as command
from asv_scaling import history
from asv_scaling.changes import Change, Measured
from asv_scaling.changespage import Changes

NAMES = ("Work", "Other", "<i>Odd</i>")
WORKS = [suites.benchmark(f"topic.{name}.time_run", {"kind": ["a&b", "c"], "workers": [1, 2]}) for name in NAMES]
METRIC = suites.benchmark("memory.track_pss", {}, type="track", unit="bytes")
PYTHONS = ("3.11", "3.13")
MACHINES = ("one-paired", "two")
SLOWER, FASTER = 4, 6  # the numbers of commits


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> suites.MadeUp:
    """Eight commits: with one `Work` of kind c becomes slower everywhere, with a later one `Other` faster on 3.13."""
    made = suites.MadeUp(tmp_path_factory.mktemp("changes") / "suite", [*WORKS, METRIC])
    made.configure(show_commit_url="https://example.org/commit/")
    rng = np.random.default_rng(1)
    for machine in MACHINES:
        made.machine(machine)
    for number in range(8):
        commit = made.commit()
        for machine in MACHINES:
            for python in PYTHONS:
                rows = {METRIC["name"]: [[1e6 * (number + 1)], [], "1", None, None, None, None]}
                for work in WORKS:
                    times = {}
                    for kind in ("a&b", "c"):
                        slow = 1.1 if work is WORKS[0] and kind == "c" and number >= SLOWER else 1.0
                        fast = 0.8 if work is WORKS[1] and python == "3.13" and number >= FASTER else 1.0
                        for workers in (1, 2):
                            times[kind, workers] = slow * fast * math.exp(rng.normal(0, 0.004)) / workers
                    rows[work["name"]] = suites.row(work, times, interval=0.012)
                made.run(machine, commit, python, rows)
    build = {"commit": made.commits[0], "environment": "virtualenv-py3.13"}
    made.write(f"results/{MACHINES[0]}/reference.jsonl", json.dumps({"build": build}) + "\n")
    publish(made.folder)
    return made


@pytest.fixture
def from_disk(browser: Any, made_up: suites.MadeUp) -> Iterator[Opened]:
    with opening(browser, (made_up.folder / "html").as_uri() + "/") as found:
        yield found


def text_of(made_up: suites.MadeUp) -> str:
    return (made_up.folder / "html" / "changes" / "index.html").read_text("utf-8")


def shown(opened: Opened) -> list[str]:
    return [row for row in opened.page.locator("#changes-entries tbody tr:visible").all_inner_texts() if row]


def test_what_changed_is_listed_with_its_commit_and_nothing_else(made_up: suites.MadeUp) -> None:
    text = text_of(made_up)
    sections = re.findall(r"<h2>With commit .*?</section>", text, re.DOTALL)
    assert [re.findall(r"commit/([0-9a-f]{40})", section)[0] for section in sections] == [
        made_up.commits[FASTER],
        made_up.commits[SLOWER],
    ], "the newest is the first"
    for section, name, count, size in ((sections[0], "Other", 8, -0.2), (sections[1], "Work", 8, 0.1)):
        rows = section.split("<tr ")[1:]
        assert len(rows) == count
        assert all(f"topic.{name}.time_run" in row for row in rows)
        for row in rows:
            value, low, high = (float(each.replace("−", "-")) / 100 for each in re.findall(r"([+−][\d.]+)%", row))  # noqa: RUF001 - the page's minus
            assert low < value < high
            after, beside = re.findall(r"<td>([^<]*(?:<a .*?</a>(?:, )?)*)", row)[-2:]
            assert len(re.findall(r"commit/[0-9a-f]{40}", after)) == 1
            assert not beside.strip(), "the steps are large"
            assert value == pytest.approx(size, abs=0.02)
    assert "Of 48 series that were compared, 16 changed." in text
    assert "at most 5% are false in the mean" in text


def test_an_entry_of_doubtful_place_has_the_other_commits_beside_it() -> None:
    series = history.Series("topic.Work.time_run(1)", "env")
    change = Change(0, 1, 1.1, 1.05, 1.15, 1e-6, (1, 2))
    entry = history.Entry("m", series, "3.13", "a" * 40, "b" * 40, change, ("c" * 40,))
    page = Changes(
        "made up",
        {"topic.Work.time_run": {"name": "topic.Work.time_run", "type": "time"}},
        "https://x/commit/",
        [],
        [entry],
        [],
    )
    row = page._row(entry, "3.13", "")
    assert re.findall(r"https://x/commit/(.)", row) == ["a", "c"]


NAME = "topic.Work.time_run(1)"
ENVIRONMENTS = {"old": {"python": "3.12", "numpy": "1"}, "new": {"python": "3.13", "numpy": "1", "A": "1"}}


@pytest.mark.parametrize(
    ("graph", "confirmed"),
    [
        ({"machine": "pairs", "python": "3.13"}, True),
        ({"machine": "pairs", "python": "3.12"}, False),
        ({"machine": "pairs", "python": "3.13", "numpy": "2"}, True),  # of which nothing is known
        ({"machine": "pairs", "env-A": "1", "ram": "another", "branch": "main"}, True),
        ({"machine": "pairs", "env-A": None}, False),
        ({"machine": "pairs"}, True),
        ({"machine": "plain", "python": "3.12"}, True),
        ({"python": "3.12"}, True),  # of both machines
    ],
)
def test_asv_lists_of_pairs_what_is_slower_in_that_environment(graph: dict[str, str], *, confirmed: bool) -> None:
    series = {name: history.Series(NAME, name) for name in ENVIRONMENTS}
    points = [Measured(place, 1.0, 0.99, 1.01) for place in range(2)]
    histories = [
        history.History(machine, dict.fromkeys(series.values(), points), [], {}, {}, machine == "pairs", ENVIRONMENTS)
        for machine in ("pairs", "plain")
    ]
    changed = Change(0, 1, 1.1, 1.05, 1.15, 1e-6, (1,))
    entry = history.Entry("pairs", series["new"], "3.13", "a" * 40, "b" * 40, changed)
    faster = history.Entry("pairs", series["old"], "3.12", "a" * 40, "b" * 40, replace(changed, ratio=0.9))
    page = Changes("made up", {}, "#", histories, [entry, faster], [])
    assert page.confirms(NAME, graph) is confirmed


def test_asv_lists_what_has_no_interval_by_its_own_threshold() -> None:
    """Memory that a history of pairs has taken once, as asv does: the Changes page cannot compare it."""
    points = [Measured(place, 1.0 + place, 1.0 + place, 1.0 + place) for place in range(2)]
    series = {history.Series(METRIC["name"], "new"): points}
    one = history.History("pairs", series, [], {}, {}, True, ENVIRONMENTS)
    page = Changes("made up", {}, "#", [one], [], [])
    assert page.confirms(METRIC["name"], {"machine": "pairs", "python": "3.13"})


def branching(folder: Path, branches: list[str]) -> suites.MadeUp:
    """Commits of two branches in turn; on maint all are half as fast, and the last two of main slower by a tenth."""
    made = suites.MadeUp(folder, [WORKS[0]])
    made.configure(branches=branches)
    made.machine("one")
    made.commit()
    made.git("branch", "maint")
    for number in range(6):
        for branch, slow in (("main", 1.1 if number >= SLOWER else 1.0), ("maint", 2.0)):
            made.git("checkout", "-q", branch)
            times = dict.fromkeys(itertools.product(("a&b", "c"), (1, 2)), slow)
            row = suites.row(WORKS[0], times, interval=0.01 + 0.001 * number)
            made.run("one", made.commit(), "3.13", {WORKS[0]["name"]: row})
    made.git("checkout", "-q", "main")
    return made


@pytest.mark.parametrize("branches", [["main"], ["main", "maint"]])
def test_the_commits_of_a_branch_are_compared_with_each_other(tmp_path: Path, branches: list[str]) -> None:
    made = branching(tmp_path / "suite", branches)
    publish(made.folder)
    text = text_of(made)
    slower = made.commits[1 + 2 * SLOWER]
    assert re.findall(r"<h2>With commit <code>(\w+)", text) == [slower[:8]]
    assert text.count("▲") == 4
    assert "▼" not in text
    shown = [path.stem for path in (made.folder / "html" / "scaling" / "runs" / "0").glob("*.js")]
    assert len(shown) == 6 * len(branches), "the Scaling page has no commit that is on none of them, either"


def test_the_command_has_the_order_of_the_branch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One commit was written before all others, and came to the branch in the middle, as after a rebase."""
    made = branching(tmp_path / "suite", ["main"])
    late = made.commits[1 + 2 * SLOWER]
    (path,) = (made.folder / "results" / "one").glob(f"{late[:8]}-*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "date": 1}))
    assert command.main(["changes", "--config", str(made.folder / "asv.conf.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(f"at {late[:8]}" in line for line in lines)


@pytest.mark.parametrize("name", ["sort.time_sort (fast)", "sort.time_sort (fast)(2)", "sort.time_sort(1)"])
def test_a_benchmark_may_be_called_as_if_it_had_parameters(name: str) -> None:
    of = name.removesuffix("(2)").removesuffix("(1)")
    benchmarks = {each: {"name": each, "type": "time"} for each in ("sort.time", "sort.time_sort", of)}
    change = Change(0, 1, 1.1, 1.05, 1.15, 1e-6, (1,))
    entry = history.Entry("m", history.Series(name, "env"), "3.13", "a" * 40, "b" * 40, change)
    page = Changes("made up", benchmarks, "#", [], [entry], [])
    assert f"#{quote(of)}?" in page._row(entry, "3.13", "")


def test_asvs_page_and_feed_of_slowdowns_have_what_is_confirmed(tmp_path: Path) -> None:
    """Of a step as large in both environments, the intervals of one are so wide that it may be noise."""
    made = suites.MadeUp(tmp_path / "suite", [WORKS[0]])
    made.configure(regressions_thresholds={"": 0.02})
    made.machine("one-paired")
    for number in range(8):
        commit = made.commit()
        for python, interval in (("3.11", 0.5), ("3.13", 0.01)):
            times = dict.fromkeys(itertools.product(("a&b", "c"), (1, 2)), 1.1 if number >= SLOWER else 1.0)
            made.run("one-paired", commit, python, {WORKS[0]["name"]: suites.row(WORKS[0], times, interval=interval)})
    build = {"commit": made.commits[0], "environment": "virtualenv-py3.13"}
    made.write("results/one-paired/reference.jsonl", json.dumps({"build": build}) + "\n")
    publish(made.folder)
    listed = json.loads((made.folder / "html" / "regressions.json").read_text())["regressions"]
    assert {entry[2]["python"] for entry in listed} == {"3.13"}
    feed = (made.folder / "html" / "regressions.xml").read_text()
    assert feed.count("<entry>") == len(listed) == 4


def test_it_says_how_each_machine_was_measured(made_up: suites.MadeUp) -> None:
    rows = re.findall(r'<tr><th scope="row">(\S+?)<td>(.*?)<td>8<td>2<td>24<td>[\d.]+<td>8\n', text_of(made_up))
    assert rows == [("one-paired", "in pairs with one reference"), ("two", "one commit after the other")]


def test_names_of_a_suite_are_no_html(made_up: suites.MadeUp) -> None:
    assert "<i>Odd" not in text_of(made_up)


def test_it_is_shown_from_a_disk_and_entries_can_be_chosen(from_disk: Opened) -> None:
    from_disk.go("changes/index.html")
    page = from_disk.page
    assert page.title() == "Changes of made up"
    assert len(shown(from_disk)) == 16
    page.select_option("[name=machine]", "two")
    assert len(shown(from_disk)) == 8
    page.select_option("[name=kind]", "changes-down")
    assert all("faster" in row and "Other" in row for row in shown(from_disk))
    page.select_option("[name=python]", "3.11")
    assert shown(from_disk) == []
    assert page.inner_text("#changes-count") == "0 of 16 shown"
    page.select_option("[name=python]", "")
    page.select_option("[name=kind]", "")
    page.fill("[name=benchmark]", "work")
    assert len(shown(from_disk)) == 4
    from_disk.picture("changes")


@pytest.mark.parametrize("width", [320, 400, 1280])
def test_it_fits_the_width(width: int, browser: Any, made_up: suites.MadeUp) -> None:
    with opening(browser, (made_up.folder / "html").as_uri() + "/", width) as found:
        found.go("changes/index.html")
        assert found.page.evaluate("document.documentElement.scrollWidth") == width
        found.picture(f"changes-{width}")


def test_it_is_read_without_javascript(browser: Any, made_up: suites.MadeUp) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((made_up.folder / "html" / "changes" / "index.html").as_uri())
    assert page.locator("#changes-entries tbody tr:visible").count() == 16
    assert not page.locator("#changes-choice").is_visible()
    context.close()


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("width", [400, 1280])
def test_it_is_a_page_of_asvs_site(width: int, browser: Any, made_up: suites.MadeUp) -> None:
    html = made_up.folder / "html"
    with serve(html, made_up.folder) as address, opening(browser, address, width) as found:
        page = found.page
        found.go("#/changes")
        page.wait_for_selector("#changes-display", state="visible")
        assert len(shown(found)) == 16
        assert not page.locator("#summarygrid-display").is_visible()
        assert page.locator("#nav-li-changes").count() == page.locator("#nav-li-scaling").count() == 1
        found.picture(f"changes-in-asv-{width}")
        page.locator("#changes-entries tbody tr a", has_text="topic.Work").first.click()
        page.wait_for_selector("#changes-display", state="hidden")
        page.wait_for_function("document.querySelector('#title').textContent.includes('topic.Work.time_run')")
        page.wait_for_selector("#graph-display canvas", state="attached")
        page.go_back()
        page.wait_for_selector("#changes-display", state="visible")


def test_it_stays_in_a_site_whose_shell_is_asv_tachyons(browser: Any, made_up: suites.MadeUp, tmp_path: Path) -> None:
    pytest.importorskip("asv_tachyon", reason="asv-tachyon is not installed")
    html = shutil.copytree(made_up.folder / "html", tmp_path / "html")
    command = [sys.executable, "-m", "asv_tachyon.cli", "install", str(html)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    with serve(html, made_up.folder) as address, opening(browser, address) as found:
        found.go("changes/")
        assert len(shown(found)) == 16


def regressions(made: suites.MadeUp) -> set[str]:
    """The benchmarks, with parameters, of asv's own Regressions page."""
    return {entry[0] for entry in json.loads((made.folder / "html" / "regressions.json").read_text())["regressions"]}


@pytest.mark.parametrize(
    ("machines", "listed"),
    [
        ({"in pairs": True}, {"slower"}),
        ({"alone": False}, {"slower", "noisy"}),
        ({"in pairs": True, "alone": False}, {"slower", "noisy"}),
    ],
)
def test_of_what_is_measured_in_pairs_asvs_page_lists_what_this_page_says_is_slower(
    machines: dict[str, bool], listed: set[str], tmp_path: Path
) -> None:
    works = [suites.benchmark(f"topic.{name}.time_run", {"kind": ["x"]}) for name in ("slower", "noisy", "(o@d)")]
    made = suites.MadeUp(tmp_path / "suite", works)
    commits = [made.commit() for _ in range(6)]
    for machine, in_pairs in machines.items():
        made.machine(machine)
        if in_pairs:
            build = {"commit": "e" * 40, "environment": "virtualenv-py3.13"}
            made.write(f"results/{machine}/reference.jsonl", json.dumps({"build": build}) + "\n")
        for number, commit in enumerate(commits):
            times = {"slower": (1.2, 0.02), "noisy": (1.2, 0.9), "(o@d)": (1.0, 0.02)}
            rows = {
                work["name"]: suites.row(work, {("x",): ratio if number >= 3 else 1.0}, interval=reach)
                for work, (ratio, reach) in zip(works, times.values(), strict=True)
            }
            made.run(machine, commit, "3.13", rows)
    publish(made.folder)
    assert regressions(made) == {f"topic.{name}.time_run('x')" for name in listed}


def test_a_suite_without_changes_or_workers_has_the_page_too(tmp_path: Path) -> None:
    made = suites.MadeUp(tmp_path / "suite", [METRIC])
    made.machine("here")
    made.run("here", made.commit(), "3.13", {METRIC["name"]: [[1.0], [], "1", None, None, None, None]})
    publish(made.folder)
    assert "Nothing changed." in text_of(made)


def test_what_cannot_be_read_is_told_and_the_rest_is_shown(made_up: suites.MadeUp, tmp_path: Path) -> None:
    copy = suites.MadeUp(shutil.copytree(made_up.folder, tmp_path / "copy"), [*WORKS, METRIC])
    broken = sorted((copy.folder / "results" / "two").glob("*-virtualenv*.json"))[0]
    broken.write_text("{")
    done = asv("publish", "--no-pull", folder=copy.folder)
    assert "no Changes page" not in done.stdout + done.stderr
    if (copy.folder / "html" / "changes").exists():  # asv itself does not read such a file in every version
        assert broken.name in text_of(copy)
