"""Tables and pictures of results, as files."""

from pathlib import Path

import pytest
import suites

from asv_scaling.__main__ import main
from asv_scaling.export import END, START

WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool", "shared"], "workers": [1, 2]})
TIMES = {("serial", 1): 1.0, ("pool", 1): 1.1, ("pool", 2): 0.5, ("shared", 1): None, ("shared", 2): 0.505}


@pytest.fixture
def suite(tmp_path: Path) -> suites.MadeUp:
    """Two commits on Python 3.13, and the newer one also on 3.9, where serial takes twice as long."""
    made = suites.MadeUp(tmp_path / "suite", [WORK])
    made.machine("here")
    for commit in (made.commit(), made.commit()):
        made.run("here", commit, "3.13", {WORK["name"]: suites.row(WORK, TIMES)})
    made.run("here", made.commits[-1], "3.9", {WORK["name"]: suites.row(WORK, {("serial", 1): 2.0})})
    return made


def export(made: suites.MadeUp, *arguments: str) -> int:
    return main(["export", "--config", str(made.folder / "asv.conf.json"), str(made.folder / "out"), *arguments])


def test_the_table_has_the_best_of_each_strategy(suite: suites.MadeUp) -> None:
    assert export(suite, "--format", "md") == 0
    text = (suite.folder / "out" / "scaling.md").read_text()
    assert "| Work | 1.00x (1) | **2.00x (2)** | ≈ 1.98x (2) |" in text
    assert f"with Python 3.13 on here (4 CPUs), at commit {suite.commits[-1][:8]}" in text
    assert "| workload | 3.9 | 3.13 |" in text
    assert "| Work | 1.00 | 0.50 |" in text


def test_the_pictures_are_of_the_same(suite: suites.MadeUp) -> None:
    assert export(suite, "--format", "md,png,svg") == 0
    assert sorted(path.name for path in (suite.folder / "out").iterdir()) == [
        "pythons.png",
        "pythons.svg",
        "scaling.md",
        "speedup.png",
        "speedup.svg",
    ]
    drawn = (suite.folder / "out" / "speedup.svg").read_text()
    assert all(word in drawn for word in ("Work", "serial", "pool", "shared", "Python 3.13"))
    assert (suite.folder / "out" / "pythons.png").read_bytes().startswith(b"\x89PNG")


def test_another_commit_or_python_can_be_shown(suite: suites.MadeUp) -> None:
    assert export(suite, "--format", "md", "--commit", suite.commits[0]) == 0
    assert "Time of serial" not in (suite.folder / "out" / "scaling.md").read_text()
    assert export(suite, "--format", "md", "--python", "3.9") == 0
    assert "with Python 3.9 on here" in (suite.folder / "out" / "scaling.md").read_text()


def test_a_page_gets_the_tables_between_its_marks(suite: suites.MadeUp) -> None:
    page = suite.folder / "README.md"
    page.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    for _ in range(2):
        assert export(suite, "--format", "md", "--into", str(page)) == 0
        text = page.read_text()
        assert text.startswith(f"before\n{START}\nBest speedup")
        assert text.endswith(f"|\n{END}\nafter\n")
        assert "old\n" not in text


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--machine", "there"], "no results of machine there, commit any, Python any; there are: here"),
        (["--commit", "zzz"], "commit zzz"),
        (["--python", "2.7"], "Python 2.7"),
        (["--config", "none.json"], "none.json"),
    ],
)
def test_what_is_not_there_is_named(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert export(suite, *arguments) == 1
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert not (suite.folder / "out").exists()


def test_a_page_without_marks_is_left_as_it_was(suite: suites.MadeUp, capsys: pytest.CaptureFixture[str]) -> None:
    page = suite.folder / "README.md"
    page.write_text("no marks")
    assert export(suite, "--format", "md", "--into", str(page)) == 1
    assert START in capsys.readouterr().err
    assert page.read_text() == "no marks"


def test_a_format_that_is_none_is_refused(suite: suites.MadeUp, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        export(suite, "--format", "md,gif")
    assert "md, png, svg, not 'gif'" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_shown(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.write("results/here/half.json", "{")
    assert export(suite, "--format", "md") == 0
    assert "half.json is not JSON" in capsys.readouterr().err
