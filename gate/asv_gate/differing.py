"""What two sides differ in beside the commit: the Python, what is installed in it, and variables.

What was asked to differ is the question of a run; what differs besides may be the answer, and must be told too.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from asv_gate.asvlink import Install, Suite
from asv_gate.describe import plain
from asv_gate.errors import GateError

PYTHON = "python"  # among an installation's packages, what it is


@dataclass(frozen=True)
class Difference:
    """The versions of a package, or the values of a variable; empty where a side has none."""

    what: str
    base: str
    head: str

    def __str__(self) -> str:
        return f"{self.what} {self.base or 'not there'} against {self.head or 'not there'}"


def asked(suites: tuple[Suite, Suite], installs: tuple[Install, Install]) -> list[Difference]:
    """What base's and head's environments differ in as they were asked for: Python, requirements, variables.

    Raises
    ------
    GateError
        Where a version is not the one that was asked for.

    """
    for suite, install in zip(suites, installs, strict=True):
        _require_versions(suite, install)
    base, head = suites
    if base.setup_hash == head.setup_hash:
        return []
    names = sorted(may_differ(base, head) - {PYTHON})
    found = [_python(*installs), *(Difference(name, *_versions(name, suites, installs)) for name in names)]
    found += [
        Difference(name, base.variables.get(name, ""), head.variables.get(name, ""))
        for name in sorted({**base.variables, **head.variables})
    ]
    return [each for each in found if each.base != each.head]


def besides(base: Install, head: Install, asked: Collection[str] = ()) -> str:
    """What else is not the same, as ``numpy 2.0 in base, 2.1 in head``; nothing where all is.

    Parameters
    ----------
    base, head
        Two installations.
    asked
        The plain names of what may differ.

    """
    names = [name for name in {**base.packages, **head.packages} if plain(name) not in asked]
    return "; ".join(
        f"{name} {base.packages.get(name, 'is not')} in base, {head.packages.get(name, 'not')} in head"
        for name in sorted(names)
        if base.packages.get(name) != head.packages.get(name)
    )


def may_differ(base: Suite, head: Suite) -> set[str]:
    """The plain names of what two environments are asked to differ in; nothing where they are one."""
    if base.setup_hash == head.setup_hash:
        return set()
    there, here = plainly(base.requirements), plainly(head.requirements)
    return {PYTHON, *(name for name in {**there, **here} if there.get(name) != here.get(name))}


def python_words(version: str) -> str:
    """What ``sys.version`` says, in short: 3.13.0, with a t where it is free-threaded."""
    number = version.partition(" ")[0]
    if "PyPy" in version:
        return f"{number} (PyPy)"
    return f"{number}t" if "free-threading" in version else number


def plainly(versions: Mapping[str, str]) -> dict[str, str]:
    """By names as all their spellings have them, also that with which asv is told to take pip."""
    return {plain(re.sub(r"^pip\+|\[.*\]$", "", name)): version for name, version in versions.items()}


def _python(base: Install, head: Install) -> Difference:
    whole = base.packages.get(PYTHON, ""), head.packages.get(PYTHON, "")
    short = python_words(whole[0]), python_words(whole[1])
    of_one_version = whole[0] != whole[1] and short[0] == short[1]
    return Difference("Python", *(whole if of_one_version else short))


def _versions(name: str, suites: tuple[Suite, Suite], installs: tuple[Install, Install]) -> tuple[str, str]:
    """What is installed; what tells of no version, as conda's packages that are not Python's, by what was asked."""
    there, here = (
        plainly(install.packages).get(name, plainly(suite.requirements).get(name, ""))
        for suite, install in zip(suites, installs, strict=True)
    )
    return there, here


def _require_versions(suite: Suite, install: Install) -> None:
    installed = plainly(install.packages)
    for name, version in plainly(suite.asked_requirements).items():
        there = installed.get(name)
        if there is not None and not _is(there, version):
            raise GateError(
                f"{name}=={version} was asked for, and {suite.environment} has {there} once commit "
                f"{install.commit[:8]} is installed in it, whose own requirements go before the environment's"
            )


def _is(there: str, wanted: str) -> bool:
    try:
        return SpecifierSet(f"=={wanted}").contains(there, prereleases=True)
    except InvalidSpecifier:  # conda's, as 2024a
        return there == wanted
