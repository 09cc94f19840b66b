"""What ``make bench`` does around the gate: finding Pythons, telling what came of them, and its exit status."""

import contextlib
import errno
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from asv.config import Config
from asv.environment import iter_matrix
from asv.util import ProcessError
from findpython import Finder, PythonVersion
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
STRATEGIES, WORKERS = ("serial", "threaded", "pool", "shared", "futures", "mpi"), (1, 2, 4, 8)
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import bench, measure  # noqa: E402 - see above
from tools.measure import Outcome  # noqa: E402 - see above
from tools.pythons import Interpreter, find_pythons, in_order  # noqa: E402 - see above

BASE = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
RUNNING = f"3.{sys.version_info.minor}"
posix = pytest.mark.skipif(os.name != "posix", reason="shims and links of this kind are POSIX's")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Python is to be found, unless the test puts one somewhere."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(sys, "_base_executable", str(tmp_path / "base" / "python"))


@posix
@pytest.mark.parametrize("name", ["PYTHONDONTWRITEBYTECODE", "PYTHON_GIL"])
def test_a_python_is_measured_as_it_is_by_itself(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It keeps its bytecode, and a free-threaded one is without its GIL; all that are here are on PATH."""
    monkeypatch.setenv(name, "1")
    before = dict(os.environ)
    pythons = {}
    for each in ("3.13", "3.14"):
        executable = tmp_path / each / f"python{each}"
        executable.parent.mkdir()
        executable.touch(mode=0o755)
        pythons[each] = Interpreter(each, executable)
    with measure.environ_of(pythons):
        assert os.environ["PATH"].split(os.pathsep)[:2] == [str(tmp_path / each) for each in pythons]
        assert name not in os.environ
    assert dict(os.environ) == before


@posix
def test_a_shim_that_leads_nowhere_is_no_python(nowhere: None, tmp_path: Path) -> None:
    shim = tmp_path / "path" / f"python{RUNNING}"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert find_pythons() == {}


@posix
@pytest.mark.parametrize("folder", ["path", "base", "pyenv/versions/other/bin"])
def test_pythons_are_found_on_path_beside_the_running_one_and_in_pyenv(
    folder: str, nowhere: None, tmp_path: Path
) -> None:
    link = tmp_path / folder / f"python{RUNNING}"
    link.parent.mkdir(parents=True)
    link.symlink_to(BASE)
    pythons = find_pythons()
    assert list(pythons) == [RUNNING]
    assert pythons[RUNNING].executable.samefile(BASE)


def found(version: str, folder: Path, *, freethreaded: bool = False) -> PythonVersion:
    """A Python as the library finds it, which has its executable in `folder`."""
    python = Version(version)
    executable = folder / version / f"python{python.major}.{python.minor}{'t' * freethreaded}"
    executable.parent.mkdir(exist_ok=True)
    executable.touch(mode=0o755)
    return PythonVersion(executable, python, "64bit", executable, _freethreaded=freethreaded)


@posix
def test_the_newest_of_each_minor_version_counts_with_and_without_a_gil(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = [found(version, tmp_path, freethreaded=True) for version in ("3.14.2", "3.13.12", "3.13.11")]
    versions += [found(version, tmp_path) for version in ("3.13.10", "3.13.9", "3.10.0", "3.9.20")]
    monkeypatch.setattr(Finder, "find_all", lambda self, **_: versions)
    there = {name: python.version for name, python in find_pythons().items()}
    assert there == {"3.14t": "3.14.2", "3.13t": "3.13.12", "3.13": "3.13.10", "3.10": "3.10.0"}
    assert in_order(there) == ["3.10", "3.13", "3.13t", "3.14t"]


@posix
@pytest.mark.parametrize("says", ["0", "1"])
@pytest.mark.parametrize("name", ["python3.13", "python3.13t", "python3"])
def test_a_build_is_free_threaded_where_it_says_so_whatever_its_name(
    name: str, says: str, nowhere: None, tmp_path: Path
) -> None:
    """The library runs each candidate; this one answers as a free-threaded build does, or one with a GIL."""
    fake = tmp_path / "path" / name
    fake.parent.mkdir()
    answers = {"python_version": "3.13.9", "python_impl": "CPython", "architecture": "64bit", "GIL": says, "": fake}
    cases = " ".join(f"*{question}*) echo {answer};;" for question, answer in answers.items())
    fake.write_text(f'#!/bin/sh\ncase "$*" in {cases} esac\n')
    fake.chmod(0o755)
    pythons = find_pythons()
    assert pythons == {"3.13t" if says == "1" else "3.13": Interpreter("3.13.9", fake)}


@posix
@pytest.mark.parametrize("own_name", ["python3.13t", "python3.13", "python3", "python"])
def test_asv_finds_a_python_by_its_name_whatever_it_is_called(own_name: str, tmp_path: Path) -> None:
    executable = tmp_path / "bin" / own_name
    executable.parent.mkdir()
    executable.touch(mode=0o755)
    python = Interpreter("3.13.9", executable)
    for _ in range(2):  # the second time the link is there
        folder = python.folder("3.13t", tmp_path / "links")
        assert (folder / "python3.13t").samefile(executable)
        assert (folder == executable.parent) is (own_name == "python3.13t")
    other = Interpreter("3.13.10", tmp_path / "bin" / "other")
    other.executable.touch(mode=0o755)
    assert (other.folder("3.13t", tmp_path / "links") / "python3.13t").samefile(other.executable)


class FakeSuite:
    """Stands for the gate: measuring on a Python gives the outcome that the test has set for it."""

    pythons = ("3.11", "3.13", "3.13t", "3.14")
    report = Path("report", "index.html")

    def __init__(self, machine: str) -> None:
        self.machine = machine

    def commits(self, spec: str) -> list[str]:
        return [name * 40 for name in spec or "a"]

    def uncommitted(self) -> bool:
        return False

    def measure(self, name: str, commit: str, cpus: int, everything: bool, budget: float | None) -> Outcome:
        asked_for.append((commit[0], name, everything, budget))
        outcome = OUTCOMES[name]
        if isinstance(outcome, Outcome):
            return outcome
        raise outcome

    def publish(self, commits: Sequence[str]) -> None:
        print("published")


Outcomes = dict[str, Outcome | BaseException]
Spoil = Callable[[Path, pytest.MonkeyPatch], None]
Printed = pytest.CaptureFixture[str]

OUTCOMES: Outcomes = {}
asked_for: list[tuple[str, str, bool, float | None]] = []
GOOD = Outcome("aaaaaaaa 64 measured", measured=True)
BAD = Outcome("aaaaaaaa 64 measured\n1 failed\ncompute.Cubes.time_run('pool', 2): it fails", measured=True, failed=True)


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outcomes]:
    """What measuring comes to, by Python; those that are named here are found, and no other."""
    monkeypatch.setattr(bench, "Suite", FakeSuite)
    monkeypatch.setattr(bench, "warn_of_others", lambda: None)
    monkeypatch.setattr(bench, "environ_of", contextlib.nullcontext)
    monkeypatch.setattr(bench, "find_pythons", lambda: {name: Interpreter(name, Path()) for name in OUTCOMES})
    yield OUTCOMES
    OUTCOMES.clear()
    asked_for.clear()


def test_all_is_well_when_something_was_measured_and_nothing_failed(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes.update({"3.11": GOOD, "3.13": Outcome("aaaaaaaa measured before", measured=True)})
    assert bench.main([]) == 0
    said = capsys.readouterr().out
    assert "Python 3.11:\n    aaaaaaaa 64 measured\nPython 3.13:\n    aaaaaaaa measured before\n" in said
    assert "Python 3.14: skipped: not found" in said.splitlines()
    assert str(FakeSuite.report) in said


def test_a_benchmark_that_failed_is_named_and_the_report_is_made_all_the_same(
    outcomes: Outcomes, capsys: Printed
) -> None:
    outcomes.update({"3.11": BAD, "3.13": GOOD})
    assert bench.main([]) == 1
    said = capsys.readouterr().out
    assert "    1 failed\n    compute.Cubes.time_run('pool', 2): it fails\n" in said
    assert "published" in said


def test_a_python_on_which_nothing_ran_fails_the_command(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes["3.11"] = Outcome("aaaaaaaa could not be measured: pip failed", failed=True)
    assert bench.main([]) == 1
    said = capsys.readouterr().out
    assert "pip failed" in said
    assert "published" not in said


def test_no_python_fails_the_command(outcomes: Outcomes, capsys: Printed) -> None:
    assert bench.main([]) == 1
    assert "Python 3.11: skipped: not found" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["3.13", "3.13t"])
def test_only_the_pythons_that_are_asked_for_are_measured(name: str, outcomes: Outcomes, capsys: Printed) -> None:
    outcomes.update({"3.11": BAD, "3.13": BAD, "3.13t": BAD, name: GOOD})
    assert bench.main(["--pythons", name]) == 0
    said = capsys.readouterr().out
    assert "Python 3.11" not in said
    assert asked_for == [("a", name, False, None)]


def test_all_pythons_of_a_commit_are_measured_before_the_next_commit(outcomes: Outcomes) -> None:
    """So that neighbours in a series are hours apart; and the reference's Python, for a new machine, is the first."""
    outcomes.update({"3.11": GOOD, "3.13": GOOD})
    assert bench.main(["--all", "--budget", "20m", "cba"]) == 0
    assert asked_for == [(commit, python, True, 1200.0) for commit in "abc" for python in ("3.13", "3.11")]


@pytest.mark.parametrize("name", ["3.14", "3.14t", "3.9", "python"])
def test_a_python_that_is_asked_for_and_not_found_is_an_error(name: str, outcomes: Outcomes, capsys: Printed) -> None:
    outcomes["3.11"] = BAD
    assert bench.main(["--pythons", f"3.11 {name}"]) == 1
    said = capsys.readouterr()
    assert f"no Python {name} to run on" in said.err
    assert "3.11" in said.err
    assert said.out == ""


def test_an_interruption_ends_all_of_it(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes.update({"3.11": KeyboardInterrupt(), "3.14": GOOD})
    assert bench.main([]) == 130
    said = capsys.readouterr()
    assert "Interrupted" in said.err
    assert "Python 3.14" not in said.out


@pytest.mark.parametrize(("percent", "said"), [(35.0, "Other programs keep 35% of the CPUs busy"), (5.0, "")])
def test_other_programs_are_mentioned(
    percent: float, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: percent)
    bench.warn_of_others()
    assert capsys.readouterr().out.partition(":")[0].strip() == said


def test_the_report_gets_the_pages_that_the_configuration_names(tmp_path: Path) -> None:
    pages = "print([page.__name__ for page in OutputPublisher.__subclasses__()])"
    code = f"from tools.measure import Suite; Suite('test'); from asv.publishing import OutputPublisher; {pages}"
    environment = {**os.environ, "HOME": str(tmp_path)}
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environment, text=True)
    assert "Scaling" in said


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the suite's configuration."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(ROOT / "asv.conf.json", folder)
    subprocess.run(["git", "init", "--quiet", folder], check=True)  # noqa: S607 - the one on PATH
    monkeypatch.chdir(folder)
    return folder


def spoil_configuration(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "asv.conf.json").write_text('{"version": 1, "repo": }')


def spoil_results(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "results").touch()


def spoil_environments(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".asv").touch()


def spoil_path(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


def spoil_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository without a commit is bad enough."""


@posix
@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (spoil_configuration, 'asv.conf.json cannot be read: <string>:1 Unexpected "}" at column 24'),
        (spoil_results, "results cannot be written to: File exists"),
        (spoil_environments, ".asv/html cannot be written to: Not a directory"),
        (spoil_path, "git"),
        (spoil_nothing, "fatal: bad revision 'HEAD'"),
    ],
)
def test_what_keeps_it_from_measuring_is_told_in_one_line(
    spoil: Spoil, cause: str, checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    spoil(checkout, monkeypatch)
    assert bench.main([]) == 1
    said = capfd.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("make bench: ")
    assert cause in line
    assert said.out == ""


def test_of_several_commits_those_that_change_the_package_are_measured(checkout: Path) -> None:
    names = {}
    for name in ("kernels/a.py", "docs/b.md", "docs/c.md", "pyproject.toml", "results/d.json"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
        git("add", name)
        git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", name)
        names[name] = git("rev-parse", "HEAD")
    suite = measure.Suite()
    assert suite.commits() == [names["results/d.json"]]
    assert suite.commits("HEAD") == [names["pyproject.toml"], names["kernels/a.py"]]
    assert suite.commits("HEAD~2..HEAD") == [names["pyproject.toml"]]
    assert suite.commits("HEAD~1..HEAD") == [names["results/d.json"]], "the only one is meant as it is"
    assert suite.commits("HEAD~4..HEAD~2") == [names["docs/c.md"]], "the newest, where it changed with none"


def git(*words: str) -> str:
    return subprocess.check_output(["git", *words], text=True).strip()  # noqa: S607 - the one on PATH


@pytest.mark.parametrize("cpus", [1, 2, 8])
def test_the_core_is_each_workload_serial_and_in_the_main_strategies(cpus: int) -> None:
    expression = measure.core(cpus)
    names = [f"{workload}.time_run({strategy!r}, {workers})" for workload in ("a.B", "c.D") for strategy in STRATEGIES
             for workers in WORKERS]  # fmt: skip
    chosen = [name for name in names if re.search(expression, name)]
    assert all(re.search(measure.worth_running(cpus), name) for name in chosen)
    counted = [f"a.B.time_run({strategy!r}, {workers})" for strategy, workers in (
        ("serial", 1), *((strategy, min(2, cpus)) for strategy in ("threaded", "pool", "shared")))]  # fmt: skip
    assert [name for name in chosen if name.startswith("a.")] == counted
    assert not re.search(expression, "a.B.track_size('pool', 2)")
    assert not re.search(expression, f"engines.Parzen.time_run('pool', {min(2, cpus)})"), "its environments have none"


def test_the_core_has_each_workload_of_the_suite() -> None:
    benchmarks = json.loads((ROOT / "results" / "benchmarks.json").read_text())
    topics = ("compute", "memory", "coordination", "waiting")
    runs = {name: each for name, each in benchmarks.items() if re.fullmatch(rf"({'|'.join(topics)})\..*time_run", name)}
    assert len(runs) == 19
    for name, each in runs.items():
        combinations = (", ".join(chosen) for chosen in itertools.product(*each["params"]))
        chosen = [every for every in combinations if re.search(measure.core(2), f"{name}({every})")]
        waits = name.startswith("waiting.")
        assert chosen == (
            ["1, 'serial'", "8, 'threaded'", "8, 'pool'", "8, 'shared'", "8, 'asyncio'"]
            if waits
            else ["'serial', 1", "'threaded', 2", "'pool', 2", "'shared', 2"]
        )


@pytest.mark.parametrize("commits", ["nosuch", "HEAD..nosuch", "--nosuch"])
def test_commits_that_there_are_not_are_told_in_one_line(
    commits: str, checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["--", commits]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert commits in line


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full"])
def test_without_its_streams_it_ends_by_its_own_status(closed: str) -> None:
    """Here that of a Python that there is not, which it tells where it can."""
    command = f"{sys.executable} -m tools.bench --pythons 2.7 {closed}"
    ended = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert [line.partition(" to ")[0] for line in ended.stderr.splitlines()] == (
        [] if "2>" in closed else ["make bench: no Python 2.7"]
    )


@posix
def test_an_output_that_is_full_ends_it_with_one_line(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes["3.11"] = OSError(errno.ENOSPC, "No space left on device")
    assert bench.main([]) == 1
    assert capsys.readouterr().err == "make bench: [Errno 28] No space left on device. What was finished is kept.\n"


def test_a_command_that_failed_is_told_with_the_line_that_says_why() -> None:
    pip = ["python", "-m", "pip", "install"]
    said = "Collecting numpy\nERROR: No matching distribution found for numpy\nNotice: a new pip\n"
    assert measure.cause(ProcessError(pip, 1, said, "")) == (
        "'python -m pip install' ended with status 1: ERROR: No matching distribution found for numpy"
    )
    assert (
        measure.cause(ProcessError(pip, 2, "", "")) == "'python -m pip install' ended with status 2: it printed nothing"
    )
    assert measure.cause(ProcessError(pip, 3, "one\n\ntwo\n", "")) == "'python -m pip install' ended with status 3: two"


def configured() -> dict[str, dict[str, str]]:
    """What asv installs for each Python, one set each."""
    found: dict[str, dict[str, str]] = {}
    conf = Config.load(str(ROOT / "asv.conf.json"))
    for combination in iter_matrix("virtualenv", conf.pythons, conf):
        python = combination["python", None]
        assert python not in found
        found[python] = {name: value for (kind, name), value in combination.items() if kind == "req"}
    assert list(found) == conf.pythons
    return found


def test_each_python_has_one_set_of_requirements_and_a_free_threaded_one_that_of_its_version() -> None:
    """So that the two differ in the GIL alone; psutil has no wheel for 3.15t."""
    sets = configured()
    free = [name for name in sets if name.endswith("t")]
    assert free == ["3.13t", "3.14t", "3.15t"]
    for name in free:
        assert {**sets[name], "psutil": sets["3.13"]["psutil"]} == sets[name.rstrip("t")]
    assert [name for name in sets if "psutil" not in sets[name]] == ["3.15t"]
