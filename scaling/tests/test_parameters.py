"""Values of parameters as asv keeps them: what they say of workers, and what is shown of them."""

import unicodedata
import xml.etree.ElementTree as ET
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asv_scaling import parameters


@pytest.mark.parametrize(
    "written",
    [
        "4",
        "'4'",
        "4.0",
        "np.int64(4)",  # NumPy 2
        "numpy.uint8(4)",
        "np.float32(4.0)",
        "np.str_('4')",
        "array(4)",
        "Decimal('4')",
        "<Workers.FOUR: 4>",
        "4 (0)",  # asv's, of a 4 that stands there twice
        "'٤'",
    ],
)
def test_a_number_is_a_number_however_it_is_written(written: str) -> None:
    assert parameters.count(written) == 4


@pytest.mark.parametrize(
    "written",
    [
        "None",
        "'auto'",
        "-1",
        "0",
        "True",
        "2.5",
        "inf",
        "1e400",
        "np.float64(nan)",
        "range(1, 5)",
        "array([1, 2, 4])",
        "np.array([4])",
        "(1, 2)",
        "[4]",
        "Workers(4)",
        "timedelta(4)",
        "9" * 400,
        "4" + "0" * 20,
        "[" * 5000,
        "",
        "\x00",
    ],
)
def test_what_does_not_say_how_many_is_no_number_of_workers(written: str) -> None:
    assert parameters.count(written) is None


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("'pool'", "pool"),
        ("np.str_('pool')", "pool"),
        ("<Backend.POOL: 'pool'>", "pool"),
        ("<Backend.POOL: 3>", "POOL"),
        ("<function pool>", "pool"),
        ("<class 'mine.Pool'>", "mine.Pool"),
        ("'pool' (1)", "pool (1)"),
        ("('pool', 'fork')", "('pool', 'fork')"),
        ("None", "None"),
        ("''", "''"),
        ("range(1, 5)", "range(1, 5)"),
        ("array([[1, 0],\n       [0, 1]])", "array([[1, 0], [0, 1]])"),
        ("'two\\nlines'", "two lines"),
        ("'\\x1b[31mred\\x1b[0m'", "\\x1b[31mred\\x1b[0m"),
        ("'\\ud800'", "\\ud800"),
        ("'Größe 大'", "Größe 大"),
        ("'a|b <i>c</i>'", "a|b <i>c</i>"),
        ("'" + "x" * 500 + "'", "x" * 79 + "…"),
    ],
)
def test_a_value_is_shown_as_one_would_say_it(written: str, shown: str) -> None:
    assert parameters.shown([written]) == [shown]


def test_values_that_read_alike_are_told_apart() -> None:
    assert parameters.shown(["4", "'4'", "None", "'None'"]) == ["4", "'4'", "None", "'None'"]
    assert len(set(parameters.shown(["'a b'", "'a\\nb'", "'a\\tb'", "'a  b'"]))) == 4
    assert len(set(parameters.shown([repr("x" * 100 + end) for end in "abc"]))) == 3


def test_values_of_numpy_are_read_as_its_own_repr_has_them() -> None:
    np = pytest.importorskip("numpy")
    assert [parameters.count(repr(n)) for n in np.array([1, 2, 4])] == [1, 2, 4]
    assert [parameters.count(repr(n)) for n in (np.array(8), np.float64(8), np.uint8(8))] == [8, 8, 8]
    assert [parameters.count(repr(n)) for n in (np.arange(4), np.nan, np.True_)] == [None] * 3
    assert parameters.shown([repr(np.str_("po|ol"))]) == ["po|ol"]


ANY = st.text(st.characters(exclude_categories=()))  # surrogates and control characters too


@given(ANY)
def test_what_is_shown_can_be_put_anywhere(text: str) -> None:
    for shown in (parameters.printable(text), *parameters.shown([text, repr(text)])):
        assert len(shown.splitlines()) <= 1
        assert len(shown) <= parameters.LONGEST + len(" (2)")
        assert not {"Cc", "Cs"} & {unicodedata.category(letter) for letter in shown}
        assert ET.fromstring(f"<a>{escape(shown)}</a>").text in (shown, None)  # noqa: S314 - it is our own


@given(st.lists(ANY))
def test_no_two_values_are_shown_alike(texts: list[str]) -> None:
    assert len(set(parameters.shown(texts))) == len(texts)
