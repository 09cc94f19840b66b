"""What ``make bench`` does around asv: finding Pythons, telling what came of them, and its exit status."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from findpython import Finder, PythonVersion
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import bench, measure  # noqa: E402 - see above
from tools.measure import Outcome  # noqa: E402 - see above
from tools.pythons import Interpreter, find_pythons  # noqa: E402 - see above

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


def test_an_update_of_the_system_is_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure.platform, "release", lambda: "6.18.44-build7")
    assert measure.system() == f"{measure.platform.system()} 6.18"


def test_a_python_is_measured_with_its_bytecode_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    before = dict(os.environ)
    with measure.environ_of(tmp_path):
        assert os.environ["PATH"].startswith(str(tmp_path))
        assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert dict(os.environ) == before


@posix
def test_a_shim_that_leads_nowhere_is_no_python(nowhere: None, tmp_path: Path) -> None:
    shim = tmp_path / "path" / f"python{RUNNING}"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert find_pythons() == ({}, [])


@posix
@pytest.mark.parametrize("folder", ["path", "base", "pyenv/versions/other/bin"])
def test_pythons_are_found_on_path_beside_the_running_one_and_in_pyenv(
    folder: str, nowhere: None, tmp_path: Path
) -> None:
    link = tmp_path / folder / f"python{RUNNING}"
    link.parent.mkdir(parents=True)
    link.symlink_to(BASE)
    pythons, freethreaded = find_pythons()
    assert [*pythons, *freethreaded] == [RUNNING]
    assert (pythons[RUNNING].folder / f"python{RUNNING}").samefile(BASE)


def found(version: str, folder: Path, *, freethreaded: bool = False) -> PythonVersion:
    """A Python as the library finds it, which has its executable in `folder`."""
    python = Version(version)
    executable = folder / version / f"python{python.major}.{python.minor}{'t' * freethreaded}"
    executable.parent.mkdir(exist_ok=True)
    executable.touch(mode=0o755)
    return PythonVersion(executable, python, "64bit", executable, _freethreaded=freethreaded)


@posix
def test_the_newest_of_each_minor_version_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [found("3.14.2", tmp_path, freethreaded=True)]
    versions += [found(version, tmp_path) for version in ("3.13.10", "3.13.9", "3.10.0", "3.9.20")]
    monkeypatch.setattr(Finder, "find_all", lambda self, **_: versions)
    pythons, freethreaded = find_pythons()
    assert {name: python.version for name, python in pythons.items()} == {"3.13": "3.13.10", "3.10": "3.10.0"}
    assert freethreaded == ["3.14t"]


class FakeSuite:
    """Stands for asv: measuring on a Python gives the outcome that the test has set for it."""

    pythons = ("3.11", "3.13", "3.14")
    report = Path("report", "index.html")

    def __init__(self, machine: str) -> None:
        self.machine = machine

    def commits(self, spec: str) -> list[str]:
        return ["a" * 40]

    def uncommitted(self) -> bool:
        return False

    def measure(self, python: str, folder: Path, commits: Sequence[str], cpus: int) -> Outcome:
        outcome = OUTCOMES[python]
        if isinstance(outcome, Outcome):
            return outcome
        raise outcome

    def publish(self, commits: Sequence[str]) -> None:
        print("published")


Outcomes = dict[str, Outcome | KeyboardInterrupt]
Printed = pytest.CaptureFixture[str]

OUTCOMES: Outcomes = {}
GOOD = Outcome("measured", measured=True)
BAD = Outcome("measured", measured=True, failed=["compute.Cubes.time_run('pool', 2)"])


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outcomes]:
    """What measuring comes to, by Python; those that are named here are found, and no other."""
    monkeypatch.setattr(bench, "Suite", FakeSuite)
    monkeypatch.setattr("asv.console.log.enable", lambda verbose: None)
    monkeypatch.setattr(bench, "find_pythons", lambda: ({name: Interpreter(name, Path()) for name in OUTCOMES}, []))
    before = signal.getsignal(signal.SIGTERM)
    yield OUTCOMES
    signal.signal(signal.SIGTERM, before)
    OUTCOMES.clear()


def test_all_is_well_when_something_was_measured_and_nothing_failed(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes.update({"3.11": GOOD, "3.13": Outcome("measured before", measured=True)})
    assert bench.main([]) == 0
    said = capsys.readouterr().out
    for line in ("Python 3.11: measured", "Python 3.13: measured before", "Python 3.14: skipped: not found"):
        assert line in said.splitlines()
    assert str(FakeSuite.report) in said


def test_a_benchmark_that_failed_is_named_and_the_report_is_made_all_the_same(
    outcomes: Outcomes, capsys: Printed
) -> None:
    outcomes.update({"3.11": BAD, "3.13": GOOD})
    assert bench.main([]) == 1
    said = capsys.readouterr().out
    assert "Python 3.11: measured; 1 failed:\n    compute.Cubes.time_run('pool', 2)\n" in said
    assert "published" in said


def test_a_python_on_which_nothing_ran_fails_the_command(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes["3.11"] = Outcome("could not be set up", failed=["pip failed"])
    assert bench.main([]) == 1
    said = capsys.readouterr().out
    assert "could not be set up" in said
    assert "published" not in said


def test_no_python_fails_the_command(outcomes: Outcomes, capsys: Printed) -> None:
    assert bench.main([]) == 1
    assert "Python 3.11: skipped: not found" in capsys.readouterr().out


def test_only_the_pythons_that_are_asked_for_are_measured(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes.update({"3.11": BAD, "3.13": GOOD})
    assert bench.main(["--pythons", "3.13"]) == 0
    assert "Python 3.11" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["3.14", "3.9", "python"])
def test_a_python_that_is_asked_for_and_not_found_is_an_error(name: str, outcomes: Outcomes, capsys: Printed) -> None:
    outcomes["3.11"] = BAD
    assert bench.main(["--pythons", f"3.11 {name}"]) == 1
    said = capsys.readouterr()
    assert f"no Python {name} to run on" in said.err
    assert "3.11" in said.err
    assert said.out == ""


def test_an_interruption_ends_all_of_it(outcomes: Outcomes, capsys: Printed) -> None:
    outcomes.update({"3.11": KeyboardInterrupt(), "3.13": GOOD})
    assert bench.main([]) == 130
    said = capsys.readouterr()
    assert "Interrupted" in said.err
    assert "Python 3.13" not in said.out


@pytest.mark.parametrize(("percent", "said"), [(35.0, "Other programs keep 35% of the CPUs busy"), (5.0, "")])
def test_other_programs_that_would_show_in_the_results_are_mentioned(
    percent: float, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench.psutil, "cpu_percent", lambda interval: percent)
    bench.warn_of_others()
    assert capsys.readouterr().out.partition(":")[0].strip() == said


def test_the_report_gets_the_pages_that_the_configuration_names(tmp_path: Path) -> None:
    pages = "print([page.__name__ for page in OutputPublisher.__subclasses__()])"
    code = f"from tools.measure import Suite; Suite('test'); from asv.publishing import OutputPublisher; {pages}"
    environment = {**os.environ, "HOME": str(tmp_path)}
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environment, text=True)
    assert "Scaling" in said
