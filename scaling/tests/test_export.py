"""Tables and pictures of results, as files."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import suites
import vl_convert

import asv_scaling
from asv_scaling import files
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


def made_of(folder: Path, *benchmarks: dict[str, Any], times: Mapping[Any, float | None]) -> suites.MadeUp:
    """A suite of these benchmarks with one run, each with those of the times that it has parameters for."""
    made = suites.MadeUp(folder, benchmarks)
    made.machine("here")
    made.run("here", made.commit(), "3.13", {one["name"]: suites.row(one, times) for one in benchmarks})
    return made


def export(made: suites.MadeUp, *arguments: str) -> int:
    return main(["export", "--config", str(made.folder / "asv.conf.json"), str(made.folder / "out"), *arguments])


def table(made: suites.MadeUp) -> str:
    return (made.folder / "out" / "scaling.md").read_text("utf-8")


def test_the_table_has_the_best_of_each_strategy(suite: suites.MadeUp) -> None:
    assert export(suite, "--format", "md") == 0
    assert "| Work | 1.00x (1) | **2.00x† (2)** | ≈ 1.98x† (2) |" in table(suite)
    assert f"with Python 3.13 on here (4 CPUs), at commit {suite.commits[-1][:8]}" in table(suite)
    assert "| workload | 3.9 | 3.13 |" in table(suite)
    assert "| Work | 1.00 | 0.50 |" in table(suite)


def test_names_are_as_short_as_tells_those_apart_that_were_run(suite: suites.MadeUp) -> None:
    other = {**WORK, "name": "engines.Work.time_run"}
    suite.write("results/benchmarks.json", {"version": 2, **{one["name"]: one for one in (WORK, other)}})
    assert export(suite, "--format", "md") == 0
    assert "| Work | 1.00x (1) |" in table(suite), "the other was never run"
    rows = {one["name"]: suites.row(one, TIMES) for one in (WORK, other)}
    suite.run("here", suite.commit(), "3.13", rows)
    assert export(suite, "--format", "md") == 0
    assert "| engines.Work | 1.00x (1) |" in table(suite)
    assert "| topic.Work | 1.00x (1) |" in table(suite)


def test_the_pictures_are_of_the_same(suite: suites.MadeUp) -> None:
    assert export(suite, "--format", "md,png,svg") == 0
    assert sorted(path.name for path in (suite.folder / "out").iterdir()) == [
        "pythons.png",
        "pythons.svg",
        "scaling.md",
        "speedup.png",
        "speedup.svg",
    ]
    drawn = (suite.folder / "out" / "speedup.svg").read_text("utf-8")
    assert all(word in drawn for word in ("Work", "serial", "pool", "shared", "Python 3.13"))
    assert (suite.folder / "out" / "pythons.png").read_bytes().startswith(b"\x89PNG")


def test_another_commit_or_python_can_be_shown(suite: suites.MadeUp) -> None:
    assert export(suite, "--format", "md", "--commit", suite.commits[0]) == 0
    assert "Time of serial" not in table(suite)
    assert export(suite, "--format", "md", "--python", "3.9") == 0
    assert "with Python 3.9 on here" in table(suite)


def test_two_environments_of_one_python_are_two_columns(suite: suites.MadeUp) -> None:
    twice = {WORK["name"]: suites.row(WORK, {("serial", 1): 4.0})}
    suite.run("here", suite.commits[-1], "3.13", twice, OMP_NUM_THREADS="1")
    assert export(suite, "--format", "md", "--python", "3.13") == 0
    assert "| Work | 1.00 | 0.50 |" in table(suite)
    assert export(suite, "--format", "md") == 0
    assert r"| workload | 3.9 | 3.13 | 3.13, OMP_NUM_THREADS 1 |" in table(suite)
    assert "| Work | 1.00 | 0.50 | 2.00 |" in table(suite)


def test_a_page_gets_the_tables_between_its_marks(suite: suites.MadeUp) -> None:
    page = suite.folder / "README.md"
    page.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    for _ in range(2):
        assert export(suite, "--format", "md", "--into", str(page)) == 0
        text = page.read_text("utf-8")
        assert text.startswith(f"before\n{START}\nBest speedup")
        assert text.endswith(f"|\n{END}\nafter\n")
        assert "old\n" not in text


def test_a_strategy_that_no_workload_was_measured_with_has_no_column(suite: suites.MadeUp) -> None:
    page = suite.folder / "README.md"

    def header(times: dict[tuple[str, int], float | None]) -> str:
        page.write_text(f"{START}\n{END}\n")
        suite.run("here", suite.commits[-1], "3.13", {WORK["name"]: suites.row(WORK, times)})
        assert export(suite, "--format", "md", "--into", str(page)) == 0
        return page.read_text("utf-8").splitlines()[3]

    assert header({("serial", 1): 1.0, ("shared", 2): 0.5}) == "| workload | serial | shared |"
    failed = {("serial", 1): 1.0, ("pool", 1): None, ("pool", 2): None}
    assert header(failed) == "| workload | serial | pool |"


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on stderr, which must be a line."""
    said = capsys.readouterr().err
    assert said.startswith("asv_scaling: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--machine", "there"], "no results of machine there; there are: machine here"),
        (["--commit", "zzz"], "no results of commit zzz; there are: "),
        (["--commit", "HEAD~1..HEAD"], "no results of commit HEAD~1..HEAD"),
        (["--python", "2.7"], "no results of Python 2.7; there are: Python 3.9, 3.13"),
        (["--python", "3.1"], "no results of Python 3.1;"),
        (["--machine", "here", "--python", "3"], "no results of machine here, Python 3;"),
        (["--config", "none.json"], "none.json: No such file or directory"),
        (["--config", "."], ".: Is a directory"),
        (["--into", "none.md"], "none.md: No such file or directory"),
    ],
)
def test_what_is_not_there_is_named(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert export(suite, *arguments) == 1
    assert complaint in one_line(capsys)
    assert not (suite.folder / "out").exists()


def test_the_start_of_two_commits_is_refused(suite: suites.MadeUp, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {WORK["name"]: suites.row(WORK, TIMES)}
    for commit in ("abc1" + "0" * 36, "abc2" + "0" * 36):
        suite.run("here", commit, "3.13", rows)
    assert export(suite, "--commit", "abc", "--format", "md") == 1
    assert "commit abc may be each of abc100000000, abc200000000" in one_line(capsys)
    assert export(suite, "--commit", "abc2", "--format", "md") == 0


def test_a_page_without_marks_is_left_as_it_was(suite: suites.MadeUp, capsys: pytest.CaptureFixture[str]) -> None:
    page = suite.folder / "README.md"
    for content in (b"no marks", f"{END} {START}".encode(), f"{START} only".encode(), b"\xff\xfe"):
        page.write_bytes(content)
        assert export(suite, "--format", "md", "--into", str(page)) == 1
        assert str(page) in one_line(capsys)
        assert page.read_bytes() == content
    assert not (suite.folder / "out").exists()


@pytest.mark.parametrize("given", ["md,gif", "", "md,", "MD", "md svg"])
def test_a_format_that_is_none_is_refused(suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], given: str) -> None:
    assert export(suite, "--format", given) == 2
    assert "md, png, svg, not " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"version": 1, }}', "is not JSON"),
        ("[]", "holds no object"),
        ('{"results_dir": 3}', '"results_dir" must be a path, not 3'),
        ('{"scaling": {"wrokers": []}}', "wrokers"),
        ('{"results_dir": "asv.conf.json"}', "Not a directory"),
        ('{"results_dir": "none"}', "No such file or directory"),
    ],
)
def test_a_configuration_that_is_wrong_is_named(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], content: str, complaint: str
) -> None:
    suite.write("asv.conf.json", content)
    assert export(suite) == 1
    assert complaint in one_line(capsys)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "is missing; asv run --bench just-discover makes it"),
        ("{", "is not JSON"),
        ({"version": 3}, "has version 3 of asv's format, not 2"),
        ({}, "has version None of asv's format, not 2"),
        ([], "holds no object, but a list"),
    ],
)
def test_a_list_of_benchmarks_that_cannot_be_read_is_named(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], content: object, complaint: str
) -> None:
    (suite.folder / "results/benchmarks.json").unlink()
    if content is not None:
        suite.write("results/benchmarks.json", content)
    assert export(suite) == 1
    said = one_line(capsys)
    assert "benchmarks.json" in said
    assert complaint in said


def test_files_that_cannot_be_read_are_named_and_the_rest_is_shown(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.write("results/here/half.json", "{")
    suite.write("results/here/nested.json", "[" * 100_000)
    suite.write("results/there/machine.json", {"version": 1})
    suite.write("results/there/run.json", {})
    (suite.folder / "results/here/folder.json").mkdir()
    assert export(suite, "--format", "md") == 0
    said = capsys.readouterr().err
    for complaint in (
        "half.json is not JSON",
        "nested.json is not",
        "does not name its machine",
        "folder.json cannot",
    ):
        assert complaint in said
    assert "Traceback" not in said


NOTHING = {
    "there is no serial": (
        suites.benchmark("m.time_it", {"strategy": ["pool", "threads"], "workers": [1, 2]}),
        'no strategy is called serial: "scaling": {"serial": ...} in asv.conf.json says which of pool, threads',
    ),
    "no parameter for workers": (suites.benchmark("m.time_it", {"size": [1]}), "must be called workers or processes"),
    "no numbers of workers": (
        suites.benchmark("m.time_it", {"n_jobs": [-1, None]}),
        "m.time_it: n_jobs=-1 is no number of workers",
    ),
    "bytes": (suites.benchmark("m.track_it", {"workers": [1]}, unit="bytes"), "it measures bytes, not seconds"),
    "serial failed": (suites.benchmark("m.time_it", {"strategy": ["serial"], "workers": [1]}), "it: serial: skipped"),
    "one worker failed": (suites.benchmark("m.time_it", {"threads": [1, 2]}), "it: 1 worker: skipped"),
}


@pytest.mark.parametrize("kind", NOTHING)
def test_an_export_with_nothing_in_it_is_an_error_that_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    benchmark, complaint = NOTHING[kind]
    made = made_of(tmp_path / "suite", benchmark, times={("pool", 2): 1.0, (2,): 1.0})
    assert export(made) == 1
    assert complaint in one_line(capsys)
    assert not (made.folder / "out").exists()


def test_without_any_results_there_is_nothing_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = suites.MadeUp(tmp_path / "suite", [WORK])
    assert export(made) == 1
    assert "has no results" in one_line(capsys)


def test_a_suite_without_strategies_is_compared_with_its_fewest_workers(tmp_path: Path) -> None:
    of = suites.benchmark("m.time_it", {"n_jobs": [2, 1, -1, 4]})
    made = made_of(tmp_path / "suite", of, times={(1,): 1.0, (2,): 0.5, (4,): 0.25})
    assert export(made, "--format", "md") == 0
    assert table(made).startswith("Best speedup over the fewest workers, ")
    assert "| it | **4.00x† (4)** |" in table(made)


def test_what_is_left_out_is_said_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = suites.benchmark("m.time_jobs", {"n_jobs": [1, -1], "strategy": ["serial", "pool"]})
    plain = suites.benchmark("m.time_plain", {"workers": [1]})
    failed = suites.benchmark("m.time_failed", {"strategy": ["serial", "pool"], "workers": [1]})
    made = made_of(tmp_path / "suite", jobs, plain, failed, times={(1, "serial"): 1.0, (1, "pool"): 0.5, (1,): 1.0})
    assert export(made, "--format", "md") == 0
    said = capsys.readouterr().err
    assert "left out: m.time_jobs: n_jobs=-1 is no number of workers\n" in said
    assert "left out: plain: it has no parameter strategy\n" in said
    assert "left out: failed: serial: skipped\n" in said
    assert table(made).count("\n| jobs |") == 1
    assert "plain" not in table(made)


NASTY = ["a|b", "<script>alert(1)</script>", "*_`[x](y)`_*", "line\nbreak", "\x1b[31mred\x1b[0m", "\ud800", "", "Ω 大"]


def test_names_can_be_anything(tmp_path: Path) -> None:
    """As parameters, strategies, benchmarks and machines: the tables keep their form, and the pictures are XML."""
    one = suites.benchmark("m.time_it", {"of": NASTY, "strategy": ["serial", *NASTY], "workers": [1]})
    two = suites.benchmark("b|<i>\n\x1b", {"strategy": ["serial"], "workers": [1]})
    times = {(of, way, 1): 1.0 for of in NASTY for way in ["serial", *NASTY]}
    made = suites.MadeUp(tmp_path / "suite", [one, two])
    made.machine("here")
    rows = {one["name"]: suites.row(one, times), two["name"]: suites.row(two, {("serial", 1): 1.0})}
    for python in ("3.13", "3.1|<4>\x1b"):
        made.run("here", made.commits[0] if made.commits else made.commit(), python, rows)
    made.write("results/here/machine.json", {"version": 1, "machine": "here", "num_cpu": "many|<b>"})
    assert export(made) == 0
    text = table(made)
    matrix = [line for line in text.splitlines() if line.startswith("|")]
    first = matrix[: len(NASTY) + 3]
    assert {line.replace(r"\|", "").count("|") for line in first} == {len(NASTY) + 3}
    assert "<" not in text.replace(START, "").replace(END, "")
    assert "\x1b" not in text
    assert r"a\|b" in text
    for name in ("speedup.svg", "pythons.svg"):
        words = ET.fromstring((made.folder / "out" / name).read_text("utf-8"))  # noqa: S314 - it is our own
        assert "Ω 大" in "".join(words.itertext())


@pytest.mark.parametrize("where", ["out", "out/below"])
def test_a_folder_that_cannot_be_made_is_named(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    (suite.folder / "out").write_text("a file")
    arguments = ["export", "--config", str(suite.folder / "asv.conf.json"), str(suite.folder / where)]
    assert main([*arguments, "--format", "md"]) == 1
    assert str(suite.folder / where) in one_line(capsys)
    assert (suite.folder / "out").read_text() == "a file"


def test_all_files_are_written_or_none(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = suite.folder / "README.md"
    page.write_text(f"{START}\nold\n{END}\n")
    write_bytes = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "README" in path.name:
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert export(suite, "--format", "md", "--into", str(page)) == 1
    assert "No space left on device" in one_line(capsys)
    assert list((suite.folder / "out").iterdir()) == []
    assert "old" in page.read_text()
    assert [path.name for path in suite.folder.iterdir() if path.name.startswith(".R")] == []


@pytest.mark.parametrize("error", [ValueError("no such mark"), RuntimeError("panic"), BaseException("panic of Rust")])
def test_a_picture_that_cannot_be_drawn_is_an_error_and_nothing_is_written(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def panic(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", panic)
    assert export(suite) == 1
    assert f"vl-convert could not draw a picture: {error}" in one_line(capsys)
    assert not (suite.folder / "out").exists()


def test_ctrl_c_ends_it(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write", interrupted)
    assert export(suite, "--format", "md") == 130
    assert "interrupted" in one_line(capsys)


@pytest.mark.parametrize("name", ["json5", "vl_convert"])
def test_a_dependency_that_is_missing_is_named(
    suite: suites.MadeUp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "asv_scaling.vega", raising=False)
    monkeypatch.delattr(asv_scaling, "vega", raising=False)
    assert export(suite) == 1
    assert f"this needs {name}, which is not installed" in one_line(capsys)


@pytest.mark.parametrize("name", ["json5", "vl_convert"])
def test_a_module_that_stands_before_a_dependency_is_named(suite: suites.MadeUp, name: str) -> None:
    (suite.folder / f"{name}.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "asv_scaling", "export", "out"],
        cwd=suite.folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{name}.py is imported as {name}, and is not the package {name}" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell redirects the streams")
@pytest.mark.parametrize(
    ("redirected", "said"),
    [
        (">&-", ""),
        (">&- 2>&- <&-", ""),
        ("2>&-", ""),
        ("2>/dev/full", ""),
        (">/dev/full", "No space left on device"),
        ("| true", ""),
    ],
)
def test_streams_that_cannot_be_written_do_not_matter_to_the_files(
    suite: suites.MadeUp, redirected: str, said: str
) -> None:
    if "/dev/full" in redirected and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m asv_scaling export out --format md {redirected}', sys.executable],  # noqa: S607
        cwd=suite.folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == (1 if said else 0)
    assert "| Work |" in table(suite)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_encoding_that_lacks_a_letter_does_not_matter(tmp_path: Path, encoding: str) -> None:
    made = made_of(tmp_path / "Ω", WORK, times=TIMES)
    made.write("results/here/大.json", "{")
    done = subprocess.run(
        [sys.executable, "-m", "asv_scaling", "export", str(made.folder / "out"), "--format", "md"],
        cwd=made.folder,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert b"is not JSON" in done.stderr
    assert b"scaling.md" in done.stdout
