"""A Python with a GIL beside its build without one: what is derived, exported, published and shown."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import suites
from sites import Opened, publish, published, serve

from asv_scaling import gil
from asv_scaling.__main__ import main
from asv_scaling.environments import Environment

STRATEGIES = ["serial", "threaded", "pool", "shared"]
WORK = suites.benchmark("topic.Work.time_run", {"strategy": STRATEGIES, "workers": [1, 2]})
ALONE = suites.benchmark("topic.Alone.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2]})
PLAIN = suites.benchmark("topic.Plain.time_run", {"workers": [1, 2]})
WITH = {("serial", 1): 1.0, ("threaded", 2): 1.1, ("pool", 2): 0.8, ("shared", 2): 0.6}
WITHOUT = {("serial", 1): 1.2, ("threaded", 1): 1.25, ("threaded", 2): 0.5, ("pool", 2): 0.7, ("shared", 2): 0.65}


def made_of(folder: Path, times: Mapping[str, Mapping[Any, float | None]], **more: object) -> suites.MadeUp:
    made = suites.MadeUp(folder, [ALONE, PLAIN, WORK])
    made.configure(**more)
    made.machine("here")
    commit = made.commit()
    for python, some in times.items():
        rows = {one["name"]: suites.row(one, some) for one in (ALONE, WORK)}
        made.run("here", commit, python, {**rows, PLAIN["name"]: suites.row(PLAIN, {(1,): 1.0, (2,): 0.5})})
    return made


def exported(made: suites.MadeUp) -> str:
    folder = made.folder / "out"
    assert main(["export", "--config", str(made.folder / "asv.conf.json"), str(folder), "--format", "md"]) == 0
    return (folder / "scaling.md").read_text("utf-8")


def test_a_pair_is_a_python_and_its_build_without_a_gil_that_differs_in_nothing_else() -> None:
    def of(python: str, **facts: str) -> Environment:
        return Environment(f"{python}-{sorted(facts.items())}", python, facts)

    there = [of("3.14"), of("3.14t"), of("3.13t", numpy="2"), of("3.13", numpy="1"), of("3.13", numpy="2"), of("3.15t")]
    found = [(old.python, old.facts, new.python) for old, new in gil.pairs(there)]
    assert found == [("3.13", {"numpy": "2"}, "3.13t"), ("3.14", {}, "3.14t")]
    assert [old.facts for old, _ in gil.pairs([of("3.13", numpy="1"), of("3.13t")])] == [{"numpy": "1"}]
    assert gil.pairs([of("3.13"), of("3.15t")]) == []


def test_the_table_says_what_serial_code_costs_and_what_threads_gain(tmp_path: Path) -> None:
    said = exported(made_of(tmp_path / "suite", {"3.13": WITH, "3.13t": WITHOUT}))
    assert "GIL or no GIL: Python 3.13 with one, 3.13t without. Speedups are over serial on 3.13" in said
    # 2 % to either side of a time: of a ratio, exp(-+ hypot(ln 1.02, -ln 0.98)) about.
    assert (
        "| Work | 1.20† (1.17 to 1.23) | 0.91x† (2) | 2.00x† (2) | shared 1.67x† (2) | 1.20† (1.17 to 1.23) |" in said
    )
    assert "| Alone | 1.20† (1.17 to 1.23) | - | - | pool 1.25x† (2) | - |" in said
    assert "Plain" not in said.partition("GIL or no GIL")[2]


def test_the_strategy_of_threads_may_have_another_name(tmp_path: Path) -> None:
    made = made_of(tmp_path / "suite", {"3.13": WITH, "3.13t": WITHOUT}, scaling={"threaded": "pool"})
    assert "| 1.25x† (2) | 1.43x† (2) | shared 1.67x† (2) | 0.86†" in exported(made)


@pytest.mark.parametrize(
    ("times", "row"),
    [
        ({"3.13": WITH, "3.13t": {("serial", 1): 1.5}}, "| 1.50† (1.46 to 1.54) | 0.91x† (2) | - | shared"),
        ({"3.13": WITH, "3.13t": {("threaded", 2): 0.5}, "3.14": WITH}, "| - | 0.91x† (2) | 2.00x† (2) | shared"),
        ({"3.13": {("serial", 1): 1.0}, "3.13t": WITHOUT}, "| 1.20† (1.17 to 1.23) | - | 2.00x† (2) | - | - |"),
    ],
)
def test_what_was_not_measured_is_left_empty(
    times: Mapping[str, Mapping[Any, float | None]], row: str, tmp_path: Path
) -> None:
    assert f"| Work {row}" in exported(made_of(tmp_path / "suite", times))


@pytest.mark.parametrize(
    "times",
    [
        {"3.13": WITH, "3.14": WITHOUT},
        {"3.13": WITH, "3.14t": WITHOUT},
        {"3.13": WITH, "3.13t": {("pool", 2): 1.0}, "3.14": WITH},
        {"3.13": {("pool", 2): 1.0, ("serial", 1): None}, "3.13t": WITHOUT, "3.14": WITH},
    ],
)
def test_there_is_no_table_without_both(times: Mapping[str, Mapping[Any, float | None]], tmp_path: Path) -> None:
    assert "GIL" not in exported(made_of(tmp_path / "suite", times))


@pytest.fixture(scope="module")
def made_up(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> suites.MadeUp:
    made = made_of(tmp_path_factory.mktemp("gil") / "suite", {"3.12": WITH, "3.13": WITH, "3.13t": WITHOUT})
    made.run("here", made.commit(), "3.13", {WORK["name"]: suites.row(WORK, WITH)})
    publish(made.folder)
    return made


@pytest.fixture(scope="module")
def served(made_up: suites.MadeUp) -> Iterator[str]:
    with serve(made_up.folder / "html", made_up.folder) as address:
        yield address


def test_it_is_published_for_each_commit(made_up: suites.MadeUp) -> None:
    html = made_up.folder / "html"
    (machine,) = published(html, "index")["machines"]
    numbers = {one["label"]: one["number"] for one in machine["environments"]}
    ((old, new, rows),) = published(html, f"runs/0/{made_up.commits[0][:12]}")["gil"]
    assert (old, new) == (numbers["3.13"], numbers["3.13t"])
    _, (workload, serial, threads, free, rival, gain) = rows
    assert workload == 2
    assert [threads[0], free[0], rival[0]] == [3, 3, 7]
    assert [serial[0], threads[1], free[1], rival[1], gain[0]] == [1.2, 0.9091, 2, 1.667, 1.2]
    assert all(low < value < high for value, low, high in (serial, free[1:], gain))
    assert math.isclose(gain[1] * gain[2], 1.2**2, rel_tol=0.01)
    assert published(html, f"runs/0/{made_up.commits[1][:12]}")["gil"] == []


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.13t"])
def test_the_page_shows_it_whichever_python_is_chosen(opened: Opened, made_up: suites.MadeUp, python: str) -> None:
    opened.go(f"#/scaling?commit={made_up.commits[0]}&python={python}")
    assert opened.page.inner_text("#scaling-gil-words").startswith("Python 3.13t has no GIL")
    cells = opened.page.locator("#scaling-gil tbody tr", has_text="Work").locator("th, td").all_inner_texts()
    assert cells == [
        "Work",
        "1.20† (1.17 to 1.23)",
        "0.91x† 2w (0.88 to 0.94)",
        "2.00x† 2w (1.94 to 2.06)",
        "shared 1.67x† 2w (1.62 to 1.71)",
        "1.20† (1.17 to 1.23)",
    ]
    opened.page.locator("#scaling-gil-part").scroll_into_view_if_needed()
    opened.picture("gil")


def test_the_page_hides_it_where_a_commit_was_not_run_on_both(opened: Opened, made_up: suites.MadeUp) -> None:
    opened.go(f"#/scaling?commit={made_up.commits[1]}&python=3.13")
    assert not opened.page.is_visible("#scaling-gil-part")
