"""``asv-gate run`` with sides that differ in their environment, on a suite that says where it runs."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import project
import pytest
import pythons
from commands import Done, asv_gate

SUITE = """
import os
import sys


def track_level():
    return int(os.environ.get("LEVEL", 5))


def track_python():
    return sys.version_info.minor


def track_six():
    import six
    return int(six.__version__.replace(".", ""))


if os.environ.get("LEVEL") == "7":

    def track_there():
        return 1
"""


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The small project with a suite that tells of its surroundings."""
    folder = project.make(tmp_path)
    (folder / "bench" / "suite.py").write_text(SUITE)
    return folder


def compare(folder: Path, *arguments: str) -> Done:
    return asv_gate(folder, "run", *arguments, "--installations", "1", "--report", "report")


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "report").iterdir()}


def test_a_variable_makes_the_difference_and_all_reports_say_so(told: Path) -> None:
    done = compare(told, "--bench", "level|there", "--base-env", "LEVEL=5", "--env", "LEVEL=7")
    assert done.status == 1, done.said
    assert "LEVEL 5 against 7" in done.output
    report = json.loads((told / "report" / "report.json").read_text())
    assert report["differences"] == [{"what": "LEVEL", "base": "5", "head": "7"}]
    assert report["base"]["environment"] != report["head"]["environment"] == report["environment"]
    assert report["base"]["commit"] == report["head"]["commit"]
    notes = {row["name"]: row["note"] for row in report["benchmarks"]}
    assert notes["suite.track_there"] == "only in head"
    written = texts(told)
    for name in ("report.md", "report.html", "report.xml"):
        assert "LEVEL 5 against 7" in written[name]
        assert "commit" not in written[name].replace("uncommitted", "")
    properties = ET.fromstring(written["report.xml"]).iter("property")  # noqa: S314 - our own
    assert "LEVEL 5 against 7" in [each.get("value") for each in properties]
    assert "false alarm" not in " ".join(report["warnings"])


def test_a_difference_of_nothing_is_no_regression(told: Path) -> None:
    done = compare(told, "--bench", "level", "--env", "LEVEL=5", "--base-env", "UNUSED=1")
    assert done.status == 0, done.said
    assert "UNUSED 1 against not there" in done.output


def test_commits_and_environments_may_both_differ(told: Path) -> None:
    done = compare(told, "base", "same", "--bench", "level", "--base-env", "LEVEL=7", "--env", "LEVEL=5")
    assert done.status == 0, done.said
    assert "base (" in done.output
    assert "and LEVEL 7 against 5" in done.output
    assert "smaller" in done.output


def test_an_interrupted_run_of_other_environments_is_not_gone_on_with(told: Path) -> None:
    compare(told, "--bench", "level", "--base-env", "LEVEL=5", "--env", "LEVEL=6")
    for done in (told / ".asv-gate" / "runs").glob("*/done"):
        done.unlink()
    other = compare(told, "--bench", "level", "--base-env", "LEVEL=4", "--env", "LEVEL=6", "--resume")
    assert other.status == 2
    assert "no interrupted run of these sides" in other.errors
    same = compare(told, "--bench", "level", "--base-env", "LEVEL=5", "--env", "LEVEL=6", "--resume")
    assert same.status == 1, same.said


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "BASE is missing: name a commit, or what differs in base, as with --base-python"),
        (("--env", "LEVEL=5"), "BASE is missing"),
        (("--base-env", "LEVEL=5", "--env", "LEVEL=5"), "base and head are equal in everything: both are HEAD in"),
        (("--base-python", "3.2"), "no environment can be made for Python 3.2: the tests do not run on Python 3.2"),
        (("--base-environment", "nowhere"), "Unknown environment type 'nowhere'"),
        (("--base-env", "LEVEL=5", "--python", "all"), "name it in place of `all`"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(told: Path, arguments: tuple[str, ...], line: str) -> None:
    done = compare(told, "--bench", "level", *arguments)
    assert done.status == 2
    assert line in done.errors.splitlines()[-1]
    assert "Traceback" not in done.errors
    assert not (told / "report" / "report.json").exists()


@pytest.mark.timeout(600)  # it makes some real environments
def test_two_pythons_and_two_versions_of_a_package_in_real_environments(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (older, there), (newer, here) = pythons.two()
    monkeypatch.setenv("PATH", os.pathsep.join((os.environ["PATH"], there, here)))
    project.configure(told, environment_type="virtualenv", plugins=[], matrix={"req": {"six": ["1.16.0"]}})
    sides = ("--base-python", older, "--python", newer)
    done = compare(told, "--bench", "python|six", *sides, "--requirement", "six==1.17.0")
    assert done.status == 1, done.said
    report = json.loads((told / "report" / "report.json").read_text())
    (python,) = report["differences"]
    assert (python["base"].startswith(older), python["head"].startswith(newer)) == (True, True)
    rows = {row["name"]: row for row in report["benchmarks"]}
    assert [rows["suite.track_python"][side] for side in ("base", "head")] == [
        float(each.partition(".")[2]) for each in (older, newer)
    ]
    assert [rows["suite.track_six"][side] for side in ("base", "head")] == [1170.0, 1170.0]
    missing = compare(told, "--bench", "six", "--python", newer, "--base-requirement", "six==99.0")
    assert missing.status == 2
    assert "cannot be made: No matching distribution found for six==99.0" in missing.errors.splitlines()[-1]
    spelled = ("--requirement", "six==1.17.0", "--base-requirement", "six==1.17")
    alike = compare(told, "--bench", "six", "--python", newer, *spelled)
    assert alike.status == 2
    assert "base and head are equal in everything, once they are installed" in alike.errors.splitlines()[-1]
