"""What asv cannot do is said in one line, with the true cause."""

import errno
import json
import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

import project
import pytest

from asv_gate import asvchild, asvlink, processes
from asv_gate.errors import GateError

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def suite(thing: Path, tmp_path: Path) -> Path:
    """A folder with a config of its own for the small project."""
    for name in ("bench", "checkout_environment.py"):
        (tmp_path / name).symlink_to(thing / name)
    project.configure(tmp_path, repo=str(thing))
    return tmp_path


def refusal(folder: Path, *names: str, **chosen: Any) -> str:
    with pytest.raises(GateError) as refused:
        asvlink.resolve(folder / "asv.conf.json", names, **chosen)
    return str(refused.value)


def shim(folder: Path, name: str, says: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 127\n")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"version": 1,\n "repo": }', 'asv.conf.json is not valid: line 2 Unexpected "}" at column 10'),
        ("", "asv.conf.json is not valid: "),
        ("[]", "asv.conf.json must be an object, in braces"),
        ("\ud800", "asv.conf.json is not valid: 'utf-8' codec can't decode"),
        ('{"repo": "."}', "No version specified"),
        ('{"version": 1}', "No repo specified"),
    ],
)
def test_a_config_that_cannot_be_read(suite: Path, text: str, line: str) -> None:
    (suite / "asv.conf.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    said = refusal(suite)
    assert line in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"pythons": "3.11"}, 'pythons in asv.conf.json must be a list, not "3.11"'),
        ({"matrix": []}, "matrix in asv.conf.json must be an object, not []"),
        ({"repo": 5}, "repo in asv.conf.json must be a string, not 5"),
        ({"benchmark_dir": "nowhere"}, "benchmark_dir in asv.conf.json is 'nowhere', and there is no such folder"),
        ({"plugins": [".nowhere"]}, "plugin '.nowhere' in asv.conf.json cannot be loaded: No module named 'nowhere'"),
        ({"repo": "nowhere"}, "Can not determine what kind of DVCS"),
        ({"repo": "file:///nowhere", "dvcs": "git"}, "git clone: '/nowhere' does not appear to be"),
        ({"environment_type": "mamba"}, "no environment can be made for Python"),
        (
            {"environment_type": "mamba"},
            "Unknown environment type 'mamba'. Allowed values based on existing plugins are",
        ),
        ({"environment_type": "virtualenv", "pythons": ["3.2"]}, "Python 3.2: No executable found for python 3.2"),
        ({"environment_type": "existing"}, "environment existing-py"),
        ({"environment_type": None, "plugins": []}, "Environment type must be specified"),
        ({"exclude": [{"python": ".*"}]}, "matrix and exclude in the config leave none"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_config_that_asks_for_what_is_not_there(suite: Path, changes: dict[str, object], line: str) -> None:
    project.configure(suite, **{"repo": ".", **changes})
    said = refusal(suite)
    assert line in said
    assert "\n" not in said


def test_a_tool_that_is_not_installed_is_named(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = suite / "bin"
    nothing.mkdir()
    monkeypatch.setenv("PATH", str(nothing))
    assert "uv command not found" in refusal(suite, specifier="uv")
    assert "Could not find 'git' in PATH" in refusal(suite, "base")


def test_a_python_that_is_there_and_does_not_run(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pyenv's shims are: on PATH for every version, and in order for some."""
    shims = suite / "shims"
    shims.mkdir()
    shim(shims, f"python{RUNNING}", f"pyenv: python{RUNNING}: command not found")
    monkeypatch.setenv("PATH", os.pathsep.join((str(shims), os.environ["PATH"])))
    project.configure(suite, environment_type="virtualenv", plugins=[])
    said = refusal(suite)
    assert said == (
        f"Python {RUNNING} is {shims}/python{RUNNING}, which does not run: pyenv: python{RUNNING}: command not found"
    )


def test_what_asv_says_of_other_environments_is_passed_on(thing: Path, suite: Path) -> None:
    project.configure(suite, repo=str(thing), pythons=["3.2", RUNNING])
    found = asvlink.resolve(suite / "asv.conf.json", ["base"])
    assert found.environment == f"checkout-py{RUNNING}-SET_BY_THE_SUITEyes"
    assert list(found.notes) == ["asv: the tests do not run on Python 3.2"]


def test_modules_are_not_looked_for_in_the_suites_folder(thing: Path, suite: Path) -> None:
    """A project's root has its packages: psutil's has a psutil/, NumPy's a numpy/."""
    for name in ("psutil", "numpy", "asv", "filelock", "json"):
        (suite / name).mkdir()
        (suite / name / "__init__.py").write_text("raise ImportError('not this one')")
    project.configure(suite, repo=str(thing))
    assert asvlink.resolve(suite / "asv.conf.json", ["base"]).project == "thing"


def test_a_python_is_asked_for_its_command_and_variables(thing: Path, tmp_path: Path) -> None:
    found = asvlink.resolve(thing / "asv.conf.json", ["base"])
    made = asvlink.build(thing / "asv.conf.json", found, found.commits["base"], "a", tmp_path)
    command, *options = made.python
    assert Path(command).is_relative_to(tmp_path)
    assert options == ["-s"]
    assert made.variables["SET_BY_THE_SUITE"] == "yes"
    assert made.variables["PYTHONPATH"] == made.variables["ASV_PYTHONPATH"]
    assert made.variables["ASV_COMMIT"] == found.commits["base"]
    assert not {"HOME", "PATH", "LC_CTYPE"} & made.variables.keys()
    assert made.packages["python"] == sys.version
    kept = json.loads((tmp_path / "ready.json").read_text())
    assert kept.pop("folder") == str(tmp_path)
    assert kept == {key: getattr(made, key) for key in ("python", "variables", "packages", "made")}
    assert asvlink.build(thing / "asv.conf.json", found, found.commits["base"], "a", tmp_path) == made


@pytest.mark.parametrize("kept", ["", "{}", "[]", '{"python": []}', '{"python": ["/"], "folder": "elsewhere"}'])
def test_an_installation_that_is_not_whole_or_was_moved_here_is_made_again(
    thing: Path, tmp_path: Path, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = asvlink.Suite("", thing, thing, "", [], {}, False, 60.0, "")
    made = {"python": [sys.executable], "variables": {}, "packages": {}}
    monkeypatch.setattr(asvlink, "ask", lambda *asked: made)
    (tmp_path / asvlink.READY).write_text(kept)
    assert asvlink.build(thing / "asv.conf.json", suite, "0" * 40, "a", tmp_path).python == [sys.executable]


@pytest.mark.parametrize(("disabled", "ending"), [(1, "t"), (0, ""), (None, "")])
def test_a_free_threaded_python_is_another_python(
    disabled: int | None, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environments are named so: 3.13t is not measured where 3.13 is meant."""
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: disabled)
    assert asvchild.running_python() == f"{sys.version_info.major}.{sys.version_info.minor}{ending}"


def test_an_answer_that_cannot_be_written_is_said_and_not_half_read(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "request.json").write_text("{}")
    monkeypatch.setattr(asvchild, "write_atomic", full)
    with pytest.raises(SystemExit) as ended:
        asvchild.serve({"it": dict}, "it", str(tmp_path / "request.json"), str(tmp_path / "answer.json"))
    status = int(str(ended.value))
    monkeypatch.setattr(processes, "run", lambda *_, **__: processes.Ended(status, "", 0.1))
    assert "takes no more: its disk is full" in refusal(suite, "HEAD")
