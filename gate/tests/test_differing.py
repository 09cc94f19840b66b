"""Sides that differ in their environment: what differs is told, and what was asked for is what is there."""

from dataclasses import replace
from pathlib import Path

import pytest

from asv_gate import differing
from asv_gate.asvlink import Install, Suite
from asv_gate.differing import Difference
from asv_gate.errors import GateError
from asv_gate.request import Choice

PLAIN = "3.13.0 (main, Oct  8 2024, 00:00:00) [GCC 12.2.0]"
FREE = "3.13.0 experimental free-threading build (main, Oct  8 2024, 00:00:00) [GCC 12.2.0]"
OLDER = "3.12.1 (main, Jan  8 2024, 00:00:00) [GCC 12.2.0]"
SUITE = Suite("p", Path(), Path(), "py3.13", [], {}, False, 60.0, "0" * 64)
OTHER = replace(SUITE, environment="py3.12", setup_hash="1" * 64)
BASE = Install("a" * 40, "a", Path(), ["python"], {}, {"python": PLAIN, "numpy": "2.2.6", "six": "1.16.0"})


def packages(install: Install = BASE, **changed: str) -> Install:
    return replace(install, packages={**install.packages, **changed})


def words(suites: tuple[Suite, Suite], installs: tuple[Install, Install]) -> list[str]:
    return [str(each) for each in differing.asked(suites, installs)]


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ((OLDER, PLAIN), ["Python 3.12.1 against 3.13.0"]),
        ((PLAIN, FREE), ["Python 3.13.0 against 3.13.0t"]),
        ((PLAIN, PLAIN), []),
        ((PLAIN, PLAIN.replace("12.2", "13.1")), [f"Python {PLAIN} against {PLAIN.replace('12.2', '13.1')}"]),
    ],
)
def test_pythons_are_told_by_their_versions(versions: tuple[str, str], said: list[str]) -> None:
    installs = packages(python=versions[0]), packages(python=versions[1])
    assert words((OTHER, SUITE), installs) == said


def test_one_environment_does_not_differ_from_itself() -> None:
    """Two commits may need other packages: that is their own difference, not one that was asked for."""
    assert words((SUITE, SUITE), (BASE, packages(numpy="2.3.5"))) == []
    assert differing.may_differ(SUITE, SUITE) == set()


def test_requirements_and_variables_are_told_one_by_one_and_the_rest_apart() -> None:
    base = replace(OTHER, requirements={"numpy": "2.2.6", "pip+Six": "1.16"}, variables={"LEVEL": "1", "SAME": "x"})
    head = replace(SUITE, requirements={"numpy": "2.3.5", "six": "1.17"}, variables={"SAME": "x"})
    installs = BASE, packages(numpy="2.3.5", six="1.17.0", attrs="25")
    assert words((base, head), installs) == [
        "numpy 2.2.6 against 2.3.5",
        "six 1.16.0 against 1.17.0",
        "LEVEL 1 against not there",
    ]
    assert differing.besides(*installs, differing.may_differ(base, head)) == "attrs is not in base, 25 in head"


def test_what_tells_of_no_version_is_told_by_what_was_asked() -> None:
    """As packages of conda that are not Python's."""
    base, head = replace(OTHER, requirements={"mkl": "2024.1"}), replace(SUITE, requirements={"mkl": "2025.0"})
    assert words((base, head), (BASE, BASE)) == ["mkl 2024.1 against 2025.0"]


@pytest.mark.parametrize("version", ["2.2.6", "2.2.6.0", "2.2.*"])
def test_a_version_that_was_asked_for_may_be_spelled_otherwise(version: str) -> None:
    assert words((replace(SUITE, asked_requirements={"NumPy": version}), SUITE), (BASE, BASE)) == []


@pytest.mark.parametrize("version", ["2.3.5", "2.2.6.1", "2024a", "2.3.*"])
def test_a_version_that_the_commit_has_undone_is_an_error(version: str) -> None:
    suite = replace(SUITE, asked_requirements={"numpy": version})
    with pytest.raises(GateError, match=r"was asked for, and py3\.13 has 2\.2\.6 once commit aaaaaaaa is installed"):
        differing.asked((SUITE, suite), (BASE, BASE))


def test_a_difference_without_one_side() -> None:
    assert str(Difference("six", "", "1.17.0")) == "six not there against 1.17.0"


def test_what_base_does_not_say_is_as_in_head() -> None:
    head = Choice("3.13", None, {"numpy": "2.3.5", "six": "1.17"}, {"LEVEL": "2"})
    base = Choice("3.12", None, {"numpy": "2.2.6"}, {"OTHER": "1"})
    assert base.over(head) == Choice("3.12", None, {"numpy": "2.2.6", "six": "1.17"}, {"LEVEL": "2", "OTHER": "1"})
    assert not Choice()
    assert Choice(variables={"A": ""})
