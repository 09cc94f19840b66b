"""What fails in the plugin is said, and never keeps asv from publishing the rest of a site."""

import sys
from pathlib import Path
from typing import Any

import pytest
import suites
from asv.console import log
from sites import asv, published

import asv_scaling
from asv_scaling import publisher, vega, website

WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2]})
PAGE = """<html>
<head></head>
<body><ul><li id="nav-li-graphdisplay"></li></ul><div id="graph-display"></div></body>
</html>
"""


class Conf:
    """What the plugin uses of asv's configuration."""

    def __init__(self, made: suites.MadeUp, **more: object) -> None:
        self.html_dir = str(made.folder / "html")
        self.results_dir = str(made.folder / "results")
        self.project = "made up"
        self.branches = ["main"]
        vars(self).update(more)


class Repo:
    """What the plugin uses of asv's repository: a branch with all commits of a suite."""

    def __init__(self, made: suites.MadeUp) -> None:
        self.commits = made.commits

    def get_branch_name(self, branch: str) -> str:
        return branch

    def get_branch_commits(self, branch: str) -> list[str]:
        return self.commits[::-1]

    def get_tags(self) -> dict[str, str]:
        return {}


@pytest.fixture
def suite(tmp_path: Path) -> suites.MadeUp:
    """A suite with a run, and a site to which the page is to be added."""
    made = suites.MadeUp(tmp_path / "suite", [WORK])
    made.machine("here")
    made.run("here", made.commit(), "3.13", {WORK["name"]: suites.row(WORK, {("serial", 1): 1.0, ("pool", 2): 0.5})})
    made.write("html/index.html", PAGE)
    return made


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings that are logged."""
    found: list[str] = []
    monkeypatch.setattr(log, "warning", found.append)
    return found


@pytest.fixture(autouse=True)
def _no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """To bundle what draws takes seconds, and nothing is drawn here."""
    monkeypatch.setattr(vega, "bundle", lambda: b"")


def publish(made: suites.MadeUp, benchmarks: dict[str, Any] | None = None, **conf: object) -> Path:
    """Run the plugin as asv does, and return the folder of the page."""
    among = {WORK["name"]: WORK} if benchmarks is None else benchmarks
    publisher.Scaling.publish(Conf(made, **conf), Repo(made), among, None, {made.commits[0]: 0})
    return made.folder / "html" / "scaling"


def untouched(made: suites.MadeUp) -> bool:
    return (made.folder / "html/index.html").read_text() == PAGE and not (made.folder / "html/scaling").exists()


def test_the_page_gets_its_folder_and_asvs_page_a_tab(suite: suites.MadeUp, logged: list[str]) -> None:
    folder = publish(suite)
    assert (folder / "index.html").is_file()
    page = (suite.folder / "html/index.html").read_text()
    assert page.index("nav-li-scaling") < page.index("nav-li-graphdisplay")
    assert page.index("scaling-display") < page.index("graph-display")
    assert logged == []


@pytest.mark.parametrize(
    "said", [{"wrokers": ["n"]}, [], "workers", {"serial": 3}, {"workers": ["n"], "strategy": ["n"]}]
)
def test_wrong_settings_are_named_and_there_is_no_page(suite: suites.MadeUp, logged: list[str], said: object) -> None:
    publish(suite, scaling=said)
    assert untouched(suite)
    (warning,) = logged
    assert warning.startswith("The site has no Scaling page: ")
    assert '"scaling"' in warning


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left on device"), RuntimeError("a bug"), MemoryError(), BaseException("a panic of Rust")],
)
def test_whatever_fails_is_said_and_there_is_no_page(
    suite: suites.MadeUp, logged: list[str], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def failing() -> bytes:
        raise error

    monkeypatch.setattr(vega, "bundle", failing)
    publish(suite)
    assert untouched(suite)
    assert len(logged) == 1
    assert str(error) in logged[0]


@pytest.mark.parametrize("text", [None, "{", '{"regressions": [["a"]]}'])
def test_the_changes_page_does_not_depend_on_asvs_regressions(
    suite: suites.MadeUp, logged: list[str], text: str | None
) -> None:
    if text is not None:
        suite.write("html/regressions.json", text)
    conf = Conf(suite, show_commit_url="#")
    publisher.Changes.publish(conf, Repo(suite), {WORK["name"]: WORK}, None, {suite.commits[0]: 0})
    (warning,) = logged
    assert warning.startswith("asv's Regressions page may list what the Changes page does not: ")
    assert 'id="nav-li-changes"' in (suite.folder / "html" / "index.html").read_text()


def test_ctrl_c_still_ends_asv(suite: suites.MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(vega, "bundle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(suite)


def test_a_dependency_that_is_missing_is_named(
    suite: suites.MadeUp, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    for name in ("vega", "website"):
        monkeypatch.delitem(sys.modules, f"asv_scaling.{name}")
        monkeypatch.delattr(asv_scaling, name)
    publish(suite)
    assert untouched(suite)
    assert logged == ["The site has no Scaling page: it needs vl_convert, which is not installed here"]


@pytest.mark.parametrize(
    "page", [PAGE.replace("nav-li-graphdisplay", "other"), PAGE.replace("</head>", ""), PAGE * 2, "", "\udcff"]
)
def test_a_page_of_an_unknown_asv_stays_as_it_was_and_ours_is_beside_it(
    suite: suites.MadeUp, logged: list[str], page: str
) -> None:
    path = suite.folder / "html/index.html"
    path.write_bytes(page.encode(errors="surrogateescape"))
    folder = publish(suite)
    assert path.read_bytes() == page.encode(errors="surrogateescape")
    assert (folder / "index.html").is_file()
    (warning,) = logged
    assert str(folder / "index.html") in warning


def test_without_asvs_page_ours_is_published(suite: suites.MadeUp, logged: list[str]) -> None:
    (suite.folder / "html/index.html").unlink()
    assert (publish(suite) / "index.html").is_file()
    assert len(logged) == 1


def test_importing_the_plugin_changes_nothing_of_asv() -> None:
    from asv.commands import publish
    from asv.machine import iter_machine_files

    assert publish.iter_machine_files is iter_machine_files


@pytest.mark.parametrize("broken", [{"a": []}, {"a": {"param_names": ["workers"], "params": [[1]]}}])
def test_entries_that_asv_would_not_write_leave_the_rest(
    suite: suites.MadeUp, logged: list[str], broken: dict[str, Any]
) -> None:
    publish(suite, {WORK["name"]: WORK, **broken})
    index = published(suite.folder / "html", "index")
    assert [one["key"] for one in index["workloads"]] == [WORK["name"]]
    assert index["left_out"][0].startswith("a: ")
    assert logged == []


def test_malformed_results_are_named_and_the_rest_is_shown(suite: suites.MadeUp, logged: list[str]) -> None:
    other = suites.benchmark("m.time_it", {"workers": [1, 2]})
    rows = {WORK["name"]: suites.row(WORK, {("serial", 1): 1.0}), other["name"]: [["fast"], other["params"], "1"]}
    suite.run("here", suite.commits[0], "3.14", rows)
    publish(suite, {WORK["name"]: WORK, other["name"]: other})
    index = published(suite.folder / "html", "index")
    assert [one["label"] for one in index["machines"][0]["environments"]] == ["3.13", "3.14"]
    (warning,) = logged
    assert "the results of m.time_it are malformed" in warning
    assert index["unread"] == [warning]


@pytest.mark.parametrize("date", [1e400, 10**30, "soon", None, float("nan")])
def test_a_date_that_is_none_leaves_its_run_out(suite: suites.MadeUp, logged: list[str], date: object) -> None:
    import json

    path = next((suite.folder / "results/here").glob("*-virtualenv*"))
    run = json.loads(path.read_text())
    path.write_text(json.dumps({**run, "date": date}))
    publish(suite)
    assert path.name in logged[0]
    assert published(suite.folder / "html", "index")["machines"][0]["commits"] == []


NASTY = ["a|b", "<script>alert(1)</script>", "</script>", "line\nbreak", "\x1b[31m", "\ud800", "\u2028", "Ω 大"]


def test_names_can_be_anything(suite: suites.MadeUp, logged: list[str]) -> None:
    of = suites.benchmark("<b>|\x1b", {"of": NASTY, "strategy": ["serial", *NASTY], "workers": [1]})
    times = {(value, way, 1): 1.0 for value in NASTY for way in ["serial", *NASTY]}
    rows = {of["name"]: suites.row(of, times)}
    suite.run("here", suite.commits[0], "3.1|<4>\x1b", rows, NASTY="\x1b<b>")
    folder = publish(suite, {of["name"]: of})
    index = published(suite.folder / "html", "index")
    assert len(index["workloads"]) == len({one["key"] for one in index["workloads"]}) == len(NASTY)
    assert len(index["strategies"]) == len(NASTY) + 1
    for path in folder.rglob("*.js"):
        if path.name not in ("vega.js", "page.js"):
            assert path.read_bytes().isascii()
            assert b"\\u001b" not in path.read_bytes()
    assert logged == []


def test_asv_itself_publishes_a_site_when_the_plugin_fails(suite: suites.MadeUp) -> None:
    suite.configure(scaling={"wrokers": ["n"]})
    done = asv("publish", "--no-pull", folder=suite.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrokers" in done.stdout + done.stderr
    assert (suite.folder / "html/index.json").is_file()
    assert not (suite.folder / "html/scaling").exists()
    assert website.elements() not in (suite.folder / "html/index.html").read_text()
