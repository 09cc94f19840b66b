"""The page on troubleshooting has every error message of the three packages, in its wording, and no other."""

from collections import Counter

import pytest

from tools import messages

DEFINED = """
class GateError(Exception): ...
class Refusal(GateError): ...
"""


def test_the_page_has_every_message_of_the_sources() -> None:
    assert messages.in_sources() - set(messages.on_page()) == set()


def test_the_page_has_no_message_that_no_longer_exists() -> None:
    assert set(messages.on_page()) - messages.in_sources() == set()


def test_the_page_has_each_message_once() -> None:
    assert [message for message, count in Counter(messages.on_page()).items() if count > 1] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise GateError("no such thing")', {"no such thing"}),
        ('raise errors.Refusal(f"{name!r} is no {kind}") from None', {"… is no …"}),
        ('error = Refusal("it is " + name)', {"it is …"}),
        ('raise ValueError("one way" if one else f"{other} way")', {"one way", "… way"}),
        ('raise GateError(f"asv failed:\\n{output}")', {"asv failed:"}),
        ('print(f"gate: {error}", file=sys.stderr)', {"gate: …"}),
        ('given.refuse("leave it out")', {"leave it out"}),
        ('def missing():\n    """Why it is not here."""\n    return "it is not here"', {"it is not here"}),
        ("raise GateError(str(error))", set()),
        ('print("a table")', set()),
        ('raise KeyError("of a dict")', set()),
    ],
)
def test_a_message_is_found_in_a_source(source: str, found: set[str]) -> None:
    assert messages.messages([DEFINED, source]) == found
