"""The environments of a machine's runs, from the oldest Python on, each with a label that no other has."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asv_scaling import parameters


@dataclass(frozen=True)
class Environment:
    """An environment of asv's: its name, its Python, and what its runs say that their machine does not."""

    name: str
    python: str
    facts: Mapping[str, str]


def labelled(environments: Sequence[Environment]) -> dict[str, Environment]:
    """The environments by label: the Python, and what tells an environment from others of that Python."""

    def said(one: Environment) -> str:
        twins = [other for other in environments if other.python == one.python]
        apart = [
            f"{name} {fact}".strip()
            for name, fact in one.facts.items()
            if any(other.facts.get(name) != fact for other in twins)
        ]
        return ", ".join([one.python, *apart])

    found = sorted(environments, key=lambda one: place(one.python, one.name))
    return dict(zip(parameters.distinct([said(one) for one in found]), found, strict=True))


def beyond(facts: Mapping[str, object], known: Mapping[str, object]) -> dict[str, str]:
    """Those facts of a run, as text, that its machine does not have."""
    return {parameters.printable(name): parameters.printable(fact) for name, fact in facts.items() if name not in known}


def place(python: str, name: str) -> tuple[object, ...]:
    """A key that sorts environments from the oldest Python on, 3.9 before 3.10, and 3.13t after 3.13."""
    numbers = tuple(int(number) for number in re.findall(r"\d{1,9}", python))
    return numbers, len(python), python, name


def differences(recorded: Mapping[Any, Mapping[str, str]]) -> dict[str, dict[Any, str]]:
    """What was recorded of Pythons and is not the same for all, by name and Python; `recorded` is by Python."""
    known = {python: facts for python, facts in recorded.items() if facts}
    names = dict.fromkeys(name for facts in known.values() for name in facts)
    values = {name: {python: facts.get(name, "not recorded") for python, facts in known.items()} for name in names}
    return {name: found for name, found in values.items() if len(set(found.values())) > 1}
